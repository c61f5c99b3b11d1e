// Journeys: from where visitors came to a page, and where they went on to. A click goes along.

import { useRef } from "preact/hooks";
import { JOURNEY, QUERY } from "../api/stats.js";
import { percent, short } from "../format.js";
import { html } from "../html.js";
import { useAnswer } from "../state/answers.js";
import { choice, choose } from "../state/choice.js";
import { askingRows } from "../state/scope.js";
import { Bar } from "../ui/Bar.js";
import { Failure } from "../ui/Failure.js";
import { Num } from "../ui/Num.js";
import { Skeleton } from "../ui/Skeleton.js";

const ROWS = 7;

/** @typedef {import("../api/stats.js").JourneyAnswer} JourneyAnswer */

export function Journeys() {
  const box = useRef(null);
  const filtered = choice.value.filters.find((f) => f.op === "is" && f.dimension === "event:page")?.values[0];
  const top = /** @type {any} */ (useAnswer(askingRows(QUERY, { metrics: ["pageviews"], dimensions: ["event:page"], pagination: { limit: 25 } }), box));
  /** @type {string[]} */
  const pages = (top.data?.results ?? []).map((/** @type {import("../api/stats.js").Row} */ r) => r.dimensions[0]);
  const page = choice.value.journey || filtered || pages[0] || "";
  const offered = pages.includes(page) || !page ? pages : [page, ...pages];
  return html`<section class="card" id="journeys" aria-labelledby="journeys-title" ref=${box}>
    <header class="card-head">
      <h2 id="journeys-title">Journeys</h2>
      ${page && html`<label class="small journey-page">of <select class="field small" value=${page} onChange=${(/** @type {Event} */ e) => choose({ journey: /** @type {HTMLSelectElement} */ (e.target).value })}>
        ${offered.map((p) => html`<option key=${p} value=${p}>${p}</option>`)}
      </select></label>`}
    </header>
    ${page ? html`<div class="journeys">
      <${Side} direction="previous" title="Came from" page=${page} />
      <${Side} direction="next" title="Went to" page=${page} />
    </div>` : top.data ? html`<p class="nothing">No pageviews in this period.</p>` : top.fault ? html`<${Failure} fault=${top.fault} again=${top.again} />` : html`<${Skeleton} rows=${ROWS} />`}
  </section>`;
}

/** @param {{ direction: "previous" | "next", title: string, page: string }} props */
function Side({ direction, title, page }) {
  const box = useRef(null);
  const { data, fault, busy, again } = /** @type {import("../state/answers.js").State<JourneyAnswer> & { again: () => void }} */ (
    useAnswer(askingRows(JOURNEY, { page, direction, pagination: { limit: ROWS } }), box));
  const most = Math.max(...(data?.results ?? []).map((r) => r.pageviews.value ?? 0), 1);
  return html`<div ref=${box} aria-busy=${busy}>
    <h3 class="listing-head"><span>${title}</span><span class="row-figure">Pageviews</span></h3>
    <div class="fades journey-rows">${!data ? fault ? html`<${Failure} fault=${fault} again=${again} />` : html`<${Skeleton} rows=${ROWS} />` : data.results.length === 0 ? html`<p class="nothing">Nothing in this period.</p>` : html`<ul class="rows">
      ${data.results.map((r) => html`<li class="row" key=${r.page}>
        ${r.page === "(exit)" || r.page === "(entry)"
          ? html`<span class="row-name row-end">${Bar({ share: (r.pageviews.value ?? 0) / most, children: r.page === "(exit)" ? "Left the site" : "Entered here" })}</span>`
          : html`<button type="button" class="row-name" onClick=${() => choose({ journey: r.page })} title="Journeys of ${r.page}">${Bar({ share: (r.pageviews.value ?? 0) / most, children: html`<bdi>${r.page}</bdi>` })}</button>`}
        <span class="row-figure" title=${percent(r.pageviews.value ?? 0, most)}>${Num({ text: short(r.pageviews.value ?? 0), error: data.meta.exact ? null : r.pageviews.error, value: r.pageviews.value ?? undefined })}</span>
      </li>`)}
    </ul>`}</div>
  </div>`;
}
