// The figures of today, as the Stats API has them.

import { fetchQuery } from "../api/stats.js";
import { html } from "../html.js";
import { usePoll } from "../state/poll.js";
import { MEASURES, numberOf } from "./measures.js";

const EVERY = 5_000;
const SHOWN = ["visitors", "visits", "pageviews", "views_per_visit", "bounce_rate", "visit_duration"];

/** @param {{ site: string }} props */
export function Today({ site }) {
  const { value } = usePoll((signal) => fetchQuery({ site_id: site, date_range: "day", metrics: SHOWN }, signal), EVERY, [site]);
  return html`<section class="tv-today" aria-labelledby="tv-today"><h2 id="tv-today">Today</h2><dl>${SHOWN.map((metric, i) => html`<div key=${metric}>
    <dt>${MEASURES[metric].label}</dt><dd class="num">${value ? MEASURES[metric].write(numberOf(value.results[0]?.metrics[i])) : "–"}</dd></div>`)}</dl></section>`;
}
