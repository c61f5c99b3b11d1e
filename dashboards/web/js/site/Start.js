// What is shown before there is anything to show: the one command that changes that.

import { useEffect, useRef, useState } from "preact/hooks";
import { doorAddress, fetchSiteKey } from "../api/send.js";
import { html } from "../html.js";

/** @param {{ site: string, known: boolean }} props  to the named site, or to a new one where none is named */
export function Start({ site, known }) {
  const code = useRef(/** @type {HTMLElement | null} */ (null));
  const [copied, setCopied] = useState("");
  const [key, setKey] = useState("");
  const target = site || "demo";
  useEffect(() => void fetchSiteKey(target).then(setKey), [target]);
  async function copy() {
    setCopied(await copyText(code.current));
    setTimeout(() => setCopied(""), 2_000);
  }
  return html`<section class="card start" id="start" aria-labelledby="start-title">
    <h1 id="start-title">${site ? `Nothing sent to ${site} yet` : "Send the first event"}</h1>
    <p>${lead(site, known)}</p>
    <div class="code-box">
      <pre tabindex="0" aria-label="Command that sends an event"><code ref=${code} data-text="command">${curl(target, key)}</code></pre>
      <button type="button" class="button small copy" onClick=${copy}>${copied || "Copy"}</button>
    </div>
    <p class="waiting"><span class="dot" aria-hidden="true"></span><span>Waiting for the first event. This page will notice it by itself.</span></p>
    <p class="hint">No traffic yet? <code>streamgauge up --demo</code> sends visitors of its own.</p>
  </section>`;
}

/** @param {string} site @param {boolean} known */
function lead(site, known) {
  if (site === "") return "There is no site yet: the first event makes one. Run this in a terminal:";
  if (!known) return "The server does not know this site; its first event makes it known. Run this in a terminal:";
  return "The site is set up. Run this in a terminal and watch the number move:";
}

/** @param {string} site @param {string} key  "" where none is needed */
function curl(site, key) {
  const event = JSON.stringify({ site, name: "pageview", url: "/hello" });
  const auth = key ? ` \\\n  -H 'authorization: Bearer ${key}'` : "";
  return `curl ${doorAddress()}${auth} \\\n  -H 'content-type: application/json' \\\n  -d '${event}'`;
}

// Off loopback a plain HTTP page has no clipboard; then the text is selected, ready for the keyboard.
/** @param {HTMLElement | null} code */
async function copyText(code) {
  try {
    await navigator.clipboard.writeText(code?.textContent ?? "");
    return "Copied";
  } catch {
    if (code) getSelection()?.selectAllChildren(code);
    return "Press Ctrl+C";
  }
}
