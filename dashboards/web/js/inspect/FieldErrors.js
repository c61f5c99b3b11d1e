// What was wrong with an event, field by field.

import { html } from "../html.js";

/** @typedef {import("../api/inspect.js").FieldError} FieldError */

/** @param {{ errors: FieldError[] }} props */
export function FieldErrors({ errors }) {
  if (errors.length === 0) return null;
  return html`<ul class="entry-errors" aria-label="What is wrong">${errors.map((error, i) => html`<li key=${i}>
    <code>${error.field || "the event"}</code> <span>${withoutField(error)}</span></li>`)}</ul>`;
}

// Messages begin with the name of the field, which stands before them already.
/** @param {FieldError} error */
function withoutField({ field, message }) {
  return field && message.startsWith(field) && " :".includes(message[field.length]) ? message.slice(field.length + 1).trim() : message;
}
