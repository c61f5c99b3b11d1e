// Cards that take turns: pages, sources, the map, devices, what happened last.

import { useEffect, useState } from "preact/hooks";
import { fetchQuery } from "../api/stats.js";
import { count, countryName, timeOfDay } from "../format.js";
import { html } from "../html.js";
import { present } from "../state/live.js";
import { usePoll } from "../state/poll.js";
import { zone } from "../state/sites.js";
import { lazy } from "../ui/Lazy.js";
import { Rows } from "./List.js";
import { numberOf } from "./measures.js";

const TURN = 14_000;
const EVERY = 10_000;
const ROWS = 20;
const NEVER = () => {};

const WorldMap = lazy(() => import("../map/map.js"));

/** @typedef {{ name: string, dimension?: string, by?: string }} Card */

/** @type {Card[]} */
const CARDS = [
  { name: "Top pages", dimension: "event:page", by: "page" },
  { name: "Where visitors are", dimension: "visit:country", by: "country" },
  { name: "Sources", dimension: "visit:source", by: "source" },
  { name: "Just now" },
  { name: "Browsers", dimension: "visit:browser", by: "browser" },
];

/** @param {{ site: string }} props */
export function Cards({ site }) {
  const [at, setAt] = useState(0);
  useEffect(() => {
    const timer = setInterval(() => setAt((n) => (n + 1) % CARDS.length), TURN);
    return () => clearInterval(timer);
  }, []);
  const card = CARDS[at];
  return html`<section class="tv-card" aria-labelledby="tv-card">
    <header><h2 id="tv-card">${card.name}${card.dimension && html` <span class="muted">today</span>`}</h2>
      <ol class="tv-turns" aria-hidden="true">${CARDS.map((c, i) => html`<li key=${c.name} data-now=${i === at}></li>`)}</ol></header>
    <div class="tv-face" key=${card.name}>${card.dimension ? html`<${Answered} site=${site} card=${card} />` : html`<${Latest} />`}</div>
  </section>`;
}

/** @param {{ site: string, card: Card }} props */
function Answered({ site, card: { dimension = "", by = "" } }) {
  const limit = by === "country" ? 250 : ROWS;
  const { value } = usePoll((signal) => fetchQuery({ site_id: site, date_range: "day", metrics: ["visitors"], dimensions: [dimension], pagination: { limit } }, signal), EVERY, [site, dimension]);
  if (!value) return null;
  if (by !== "country") return html`<${Rows} rows=${value.results} by=${by} metric="visitors" />`;
  const rows = value.results.map((r) => ({ country: r.dimensions[0], value: numberOf(r.metrics[0]), text: count(numberOf(r.metrics[0])) }));
  return html`<div class="tv-map"><${WorldMap} rows=${rows} onPick=${NEVER} /><${Rows} rows=${value.results} by=${by} metric="visitors" /></div>`;
}

function Latest() {
  const events = (present.value?.events ?? []).slice(-ROWS).reverse();
  if (events.length === 0) return html`<p class="nothing">Nothing in this moment</p>`;
  return html`<ol class="tv-latest">${events.map((e) => html`<li key=${`${e.t}.${e.page}.${e.name}`}>
    <time class="muted num">${timeOfDay(e.t, zone.value)}</time><bdi class="tv-page">${e.name === "pageview" ? e.page : `${e.name} ${e.page}`}</bdi><span class="muted">${e.country ? countryName(e.country) : ""}</span></li>`)}</ol>`;
}
