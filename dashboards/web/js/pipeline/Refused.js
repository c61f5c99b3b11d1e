// What the door refused, by the field that was wrong. It was never received, so it stands beside the books.

import { count } from "../format.js";
import { html } from "../html.js";

/** @param {{ known: import("../api/ledger.js").Samples | null, onOpen: (row: import("./bands.js").Row) => void }} props */
export function Refused({ known, onOpen }) {
  const samples = known?.samples ?? [];
  const fields = Object.entries(countsOf(samples)).sort((a, b) => b[1] - a[1]);
  return html`<div class="refused">
    <h3>Refused at the door</h3>
    ${known?.available === false ? html`<p class="muted small">What was refused is not kept on this server.</p>`
    : fields.length > 0 ? html`<ul class="refused-fields" aria-label="Invalid, by field">${fields.map(([field, n]) => html`<li key=${field}>
        <button type="button" class="refused-field" onClick=${() => onOpen({ part: "invalid", reason: field, n })} title="Show samples">
          <code>${field || "whole event"}</code><b class="num">${count(n)}</b></button></li>`)}</ul><span class="muted small">among the latest ${count(samples.length)}</span>`
    : html`<p class="muted small">Nothing invalid since the process began.</p>`}
  </div>`;
}

/** How many of the samples have each field. @param {import("../api/ledger.js").Sample[]} samples */
function countsOf(samples) {
  /** @type {Record<string, number>} */
  const counts = {};
  for (const { field = "" } of samples) counts[field] = (counts[field] ?? 0) + 1;
  return counts;
}
