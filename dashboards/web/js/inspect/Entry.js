// One thing that came in: what it said, what was wrong with it, how to send it again.

import { doorAddress } from "../api/send.js";
import { countryName, LOCAL, timeOfDay } from "../format.js";
import { html } from "../html.js";
import { Copy } from "../ui/Copy.js";
import { Facts } from "../ui/Facts.js";
import { Painted } from "./Painted.js";
import { curl } from "./snippets.js";
import { STATUSES } from "./statuses.js";

/** @typedef {import("../api/inspect.js").Entry} InspectEntry */

/** @param {{ entry: InspectEntry, siteKey: string }} props */
export function Entry({ entry: e, siteKey }) {
  const errors = e.errors ?? [];
  return html`<article class="entry-detail" aria-label="The event">
    <header class="entry-detail-head"><span class="badge" data-tone=${STATUSES[e.status]?.tone}>${STATUSES[e.status]?.label ?? e.status}</span>
      <b class="entry-detail-name">${e.name || "no name"}</b><${Copy} text=${curl(e.event, doorAddress(), siteKey)} label="Copy as curl" /></header>
    ${errors.length > 0 && html`<ul class="entry-errors" aria-label="What is wrong">${errors.map((error, i) => html`<li key=${i}>
      <code>${error.field || "the event"}</code> <span>${withoutField(error)}</span></li>`)}</ul>`}
    ${e.status === "retry" && html`<p class="entry-note">It could not be written just then. Its sender was told to send it again.</p>`}
    <${Painted} text=${e.event} fields=${errors.map((error) => error.field)} />
    <${Facts} facts=${[["Came at", timeOfDay(e.at, LOCAL)], ["Site", e.site], ["Protocol", e.protocol], ["Country", e.country && countryName(e.country)], ["User agent", e.ua]]} />
  </article>`;
}

// Messages begin with the name of the field, which stands before them already.
/** @param {import("../api/inspect.js").FieldError} error */
function withoutField({ field, message }) {
  return field && message.startsWith(field) && " :".includes(message[field.length]) ? message.slice(field.length + 1).trim() : message;
}
