// Brings dead letters back: asks once more, then says what became of each.

import { useState } from "preact/hooks";
import { redrive } from "../api/letters.js";
import { count } from "../format.js";
import { html } from "../html.js";
import { Dialog } from "../ui/Dialog.js";
import { reasonLabel } from "./outcomes.js";

/** @param {{ keys: string[], onClose: () => void }} props */
export function Redrive({ keys, onClose }) {
  const [state, setState] = useState(/** @type {"asks" | "works" | "done"} */ ("asks"));
  const [results, setResults] = useState(/** @type {import("../api/letters.js").Redriven[]} */ ([]));
  const [fault, setFault] = useState("");
  const records = keys.length === 1 ? "this record" : `these ${count(keys.length)} records`;

  async function go() {
    setState("works");
    setFault("");
    try {
      setResults(await redrive(keys));
      setState("done");
    } catch (why) {
      setFault(why instanceof Error ? why.message : String(why));
      setState("asks");
    }
  }

  if (state === "done") return html`<${Dialog} title="Redriven" onClose=${onClose} class="narrow"><${Results} results=${results} /><footer class="dialog-foot"><button type="button" class="button primary" onClick=${onClose}>Done</button></footer><//>`;
  return html`<${Dialog} title="Redrive ${records}?" onClose=${onClose} class="narrow">
    <p>It is read again, as if it had just come, and booked by what it turns out to be. What still cannot be read stays here. Nothing is counted twice: asking again does no harm.</p>
    ${fault && html`<p class="dialog-fault" role="alert">${fault}</p>`}
    <footer class="dialog-foot">
      <button type="button" class="button" onClick=${onClose}>Cancel</button>
      <button type="button" class="button primary" disabled=${state === "works"} onClick=${go}>${state === "works" ? "Redriving…" : "Redrive"}</button>
    </footer>
  <//>`;
}

/** @param {{ results: import("../api/letters.js").Redriven[] }} props */
function Results({ results }) {
  /** @type {Map<string, { n: number, tone: string }>} */
  const groups = new Map();
  for (const r of results) {
    const text = r.outcome ? `now ${reasonLabel(r.outcome)}` : `stayed: ${r.message ?? reasonLabel(r.code ?? "")}`;
    const group = groups.get(text) ?? { n: 0, tone: r.outcome ? "good" : "bad" };
    groups.set(text, { ...group, n: group.n + 1 });
  }
  return html`<ul class="redriven" role="status">${[...groups].map(([text, { n, tone }]) => html`<li key=${text}><b class="num">${count(n)}</b> <span data-tone=${tone}>${text}</span></li>`)}</ul>`;
}
