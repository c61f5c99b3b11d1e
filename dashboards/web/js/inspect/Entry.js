// One thing that came in: what it said, what was wrong with it, how to send it again.

import { doorAddress } from "../api/send.js";
import { countryName, LOCAL, timeOfDay } from "../format.js";
import { html } from "../html.js";
import { Copy } from "../ui/Copy.js";
import { Facts } from "../ui/Facts.js";
import { FieldErrors } from "./FieldErrors.js";
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
    <${FieldErrors} errors=${errors} />
    ${e.status === "retry" && html`<p class="entry-note">It could not be written just then. Its sender was told to send it again.</p>`}
    <${Painted} text=${e.event} fields=${errors.map((error) => error.field)} />
    <${Facts} facts=${[["Came at", timeOfDay(e.at, LOCAL)], ["Site", e.site], ["Protocol", e.protocol], ["Country", e.country && countryName(e.country)], ["User agent", e.ua]]} />
  </article>`;
}
