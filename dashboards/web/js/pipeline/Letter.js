// One dead letter, with what it holds.

import { fetchLetter } from "../api/letters.js";
import { html } from "../html.js";
import { prettyText } from "../inspect/json.js";
import { usePoll } from "../state/poll.js";
import { Drawer } from "../ui/Drawer.js";
import { Facts } from "../ui/Facts.js";
import { Failure } from "../ui/Failure.js";
import { reasonLabel } from "./outcomes.js";
import { bytes } from "./units.js";

const EVERY = 10_000;

/** @param {{ letterKey: string, onClose: () => void, onRedrive: () => void }} props */
export function Letter({ letterKey, onClose, onRedrive }) {
  const { value: l, fault, again } = usePoll((signal) => fetchLetter(letterKey, signal), EVERY, [letterKey]);
  const tools = l && !l.outcome && html`<button type="button" class="button small primary" onClick=${onRedrive}>Redrive</button>`;
  return html`<${Drawer} title="Dead letter" onClose=${onClose} tools=${tools}>
    ${l ? html`<p class="letter-why">${l.message}</p>
      <${Facts} facts=${[["Site", l.site || "none"], ["Reason", reasonLabel(l.reason)], ["Outcome since", l.outcome], ["Arrived", l.arrival], ["Stream", l.stream], ["Shard", l.shard],
        ["Sequence number", l.sequence_number], ["Place in its record", String(l.index)], ["Size", bytes(l.bytes)], ["Key", l.key]]} />
      <h3>What it holds</h3>
      <pre class="snippet">${l.text !== undefined ? prettyText(l.text) : hex(l.data)}</pre>`
    : fault ? html`<${Failure} fault=${fault} again=${again} />` : html`<div class="skeleton" style=${{ height: "240px" }}></div>`}
  <//>`;
}

/** Bytes that are no text, as a dump of at most 1 KiB. @param {string} base64 */
function hex(base64) {
  const all = Array.from(atob(base64), (c) => c.charCodeAt(0));
  const lines = [];
  for (let i = 0; i < Math.min(all.length, 1024); i += 16) {
    const row = all.slice(i, i + 16);
    const numbers = row.map((b) => b.toString(16).padStart(2, "0")).join(" ");
    lines.push(`${i.toString(16).padStart(4, "0")}  ${numbers.padEnd(47)}  ${row.map((b) => (b > 31 && b < 127 ? String.fromCharCode(b) : ".")).join("")}`);
  }
  return lines.join("\n") + (all.length > 1024 ? `\n… ${bytes(all.length - 1024)} more` : "");
}
