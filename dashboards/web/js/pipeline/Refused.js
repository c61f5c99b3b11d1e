// What the door refused, by the field that was wrong. It was never received, so it stands beside the books.

import { count, LOCAL, moment } from "../format.js";
import { html } from "../html.js";
import { fieldsOf } from "./fields.js";

const SHOWN = 8; // fields; the samples list all
/** @type {Intl.DateTimeFormatOptions} */
const WHEN = { month: "short", day: "numeric", hour: "2-digit", minute: "2-digit" };

/** @param {{ known: import("../api/ledger.js").Samples | null, onOpen: (opened: import("./Samples.js").Opened) => void }} props */
export function Refused({ known, onOpen }) {
  const { events = 0, since = 0 } = known?.faults ?? {};
  const fields = known?.faults ? fieldsOf(known.faults).filter((f) => !f.fixed) : [];
  return html`<div class="refused">
    <h3>Refused at the door</h3>
    ${known?.available === false ? html`<p class="muted small">What was refused is not kept on this server.</p>`
    : events > 0 ? html`<ul class="refused-fields" aria-label="Invalid, by field">${fields.slice(0, SHOWN).map(({ key, name, note, n }) => html`<li key=${key}>
        <button type="button" class="refused-field" onClick=${() => onOpen({ part: "invalid", reason: "", field: key })} title="${note}. Show samples.">
          <code>${name}</code><b class="num">${count(n)}</b></button></li>`)}</ul>
      <button type="button" class="refused-all" onClick=${() => onOpen({ part: "invalid", reason: "", field: null })}>${count(events)} events since ${moment(since, LOCAL, WHEN)}</button>`
    : html`<p class="muted small">Nothing invalid since the process began.</p>`}
  </div>`;
}
