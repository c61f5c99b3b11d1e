// What the doors refused, by the field that was wrong. It was never received, so it stands beside the books.

import { count } from "../format.js";
import { html } from "../html.js";
import { fieldsOf } from "./fields.js";

const SHOWN = 8; // fields; the samples list all

/** @param {{ refused: import("../api/ledger.js").Refused, span: string, onOpen: (field: string | null) => void }} props  span: "in the last hour"; onOpen: what is to be seen of a field, or of all where it is null */
export function Refused({ refused, span, onOpen }) {
  const fields = fieldsOf(refused).filter((f) => !f.fixed);
  return html`<div class="refused">
    <h3>Refused at the door</h3>
    ${refused.events > 0 ? html`<ul class="refused-fields" aria-label="Invalid, by field">${fields.slice(0, SHOWN).map(({ key, name, note, n }) => html`<li key=${key}>
        <button type="button" class="refused-field" onClick=${() => onOpen(key)} title="${note}. Show samples.">
          <code>${name}</code><b class="num">${count(n)}</b></button></li>`)}</ul>
      <button type="button" class="refused-all" onClick=${() => onOpen(null)}>${count(refused.events)} ${refused.events === 1 ? "event" : "events"} ${span}</button>`
    : html`<p class="muted small">Nothing invalid ${span}.</p>`}
  </div>`;
}
