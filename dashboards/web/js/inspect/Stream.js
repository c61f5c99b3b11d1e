// The list of what came in, newest first.

import { countryName, LOCAL, timeOfDay } from "../format.js";
import { html } from "../html.js";
import { STATUSES } from "./statuses.js";

/** @typedef {import("../api/inspect.js").Entry} Entry */

/** @param {{ entries: Entry[], chosen: Entry | null, onChoose: (entry: Entry) => void, withSite: boolean }} props */
export function Stream({ entries, chosen, onChoose, withSite }) {
  return html`<ol class="stream" aria-label="What came in, newest first">
    ${entries.map((e) => html`<li key=${e.id}><${Row} entry=${e} chosen=${e === chosen} onChoose=${onChoose} withSite=${withSite} /></li>`)}
  </ol>`;
}

/** @param {{ entry: Entry, chosen: boolean, onChoose: (entry: Entry) => void, withSite: boolean }} props */
function Row({ entry: e, chosen, onChoose, withSite }) {
  const { label = e.status, tone = "" } = STATUSES[e.status] ?? {};
  const wrong = (e.errors ?? []).map((error) => error.field || "event").join(", ");
  return html`<button type="button" class="stream-row" aria-current=${chosen} onClick=${() => onChoose(e)}>
    <span class="stream-mark" data-tone=${tone}><span class="unseen">${label}</span></span>
    <time class="stream-time num">${timeOfDay(e.at, LOCAL)}</time>
    <span class="stream-name">${e.name || "no name"}</span>
    <bdi class="stream-url">${pathOf(e.url)}</bdi>
    ${wrong ? html`<code class="stream-wrong">${wrong}</code>` : html`<span class="stream-more muted">${[withSite && e.site, e.country && countryName(e.country)].filter(Boolean).join(" · ")}</span>`}
  </button>`;
}

/** @param {string | undefined} url */
function pathOf(url) {
  return url ? url.replace(/^[a-z]+:\/\/[^/]*/i, "") || "/" : "";
}
