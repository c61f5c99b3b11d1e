// A test event: as code to copy, and as a button to press.

import { useEffect, useState } from "preact/hooks";
import { doorAddress, fetchSiteKey, sendEvent } from "../api/send.js";
import { html } from "../html.js";
import { Copy } from "../ui/Copy.js";
import { Tabs } from "../ui/Tabs.js";
import { badEvent, curl, goodEvent, pageScript, script } from "./snippets.js";

/** @type {import("../ui/Tabs.js").Tab[]} */
const FORMS = [{ key: "curl", label: "curl" }, { key: "script", label: "JavaScript" }, { key: "page", label: "For a page" }];

/** @param {{ site: string }} props */
export function Sender({ site }) {
  const [form, setForm] = useState("curl");
  const [key, setKey] = useState("");
  const [told, setTold] = useState({ tone: "", text: "" });
  useEffect(() => void fetchSiteKey(site).then(setKey), [site]);
  const event = goodEvent(site);
  const code = form === "page" ? pageScript(site, doorAddress(), key) : form === "curl" ? curl(JSON.stringify(event), doorAddress(), key) : script(JSON.stringify(event, null, 2).replaceAll("\n", "\n  "), doorAddress(), key);

  /** @param {unknown} body */
  async function send(body) {
    try {
      const { accepted, results } = await sendEvent(body, key);
      const wrong = results[0]?.errors?.map((e) => e.field || "the event").join(" and ");
      setTold(accepted > 0 ? { tone: "good", text: "Accepted: it is on disk, and appears in a moment." } : { tone: "bad", text: wrong ? `Refused for ${wrong}.` : "Not accepted." });
    } catch (fault) {
      setTold({ tone: "bad", text: fault instanceof Error ? fault.message : String(fault) });
    }
  }

  return html`<div class="sender">
    <div class="sender-head"><${Tabs} tabs=${FORMS} chosen=${form} onChoose=${setForm} label="Written as" panel="sender-code" /><${Copy} text=${code} label="Copy" /></div>
    <pre class="snippet" id="sender-code" role="tabpanel" tabindex="0" aria-label="Code that sends an event">${code}</pre>
    <div class="sender-foot">
      <button type="button" class="button primary" onClick=${() => send(event)}>Send a test event</button>
      <button type="button" class="button" onClick=${() => send(badEvent(site))}>Send a faulty one</button>
      <p class="sender-told" role="status" data-tone=${told.tone}>${told.text}</p>
    </div>
  </div>`;
}
