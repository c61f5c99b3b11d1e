// What is shown before there is anything to show: the one command that changes that.

import { part, setText } from "../dom.js";
import { serverURL } from "../address.js";

const root = document.getElementById("start");
const command = root.querySelector('[data-text="command"]');
const copy = part(root, "copy");

/** Shows how to send the first event: to the named site, or to a new one where none is named. */
export function showStart(site, isKnown) {
  root.hidden = false;
  setText(root, "title", site === "" ? "Send the first event" : `Nothing sent to ${site} yet`);
  setText(root, "lead", lead(site, isKnown));
  setText(root, "command", curl(site || "demo"));
}

export function hideStart() {
  root.hidden = true;
}

function lead(site, isKnown) {
  if (site === "") return "There is no site yet: the first event makes one. Run this in a terminal:";
  if (!isKnown) return "The server does not know this site; its first event makes it known. Run this in a terminal:";
  return "The site is set up. Run this in a terminal and watch the number move:";
}

function curl(site) {
  const event = JSON.stringify({ site, name: "pageview", url: "/hello" });
  return `curl ${serverURL("v1/events")} \\\n  -H 'content-type: application/json' \\\n  -d '${event}'`;
}

copy.addEventListener("click", async () => {
  const copied = await copyText(command.textContent);
  copy.textContent = copied ? "Copied" : "Press Ctrl+C";
  setTimeout(() => (copy.textContent = "Copy"), 2_000);
});

// Off loopback a plain HTTP page has no clipboard; then the text is selected, ready for the keyboard.
async function copyText(text) {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    getSelection().selectAllChildren(command);
    return false;
  }
}
