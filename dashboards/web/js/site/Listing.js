// The rows of a listing as its card shows them: the first few, with room kept for all of them.

import { useRef } from "preact/hooks";
import { toggleFilter } from "../choice.js";
import { html } from "../html.js";
import { METRICS } from "../metrics.js";
import { useAnswer } from "../state/answers.js";
import { choice, choose } from "../state/choice.js";
import { Failure } from "../ui/Failure.js";
import { Skeleton } from "../ui/Skeleton.js";
import { ROWS } from "./cards.js";
import { listingMetrics, listingQuestion } from "./questions.js";
import { Rows } from "./Rows.js";

/** @typedef {import("./cards.js").Listing} Spec */

/** The texts that the page is filtered by exactly. @param {string} dimension */
export function pickedOf(dimension) {
  return choice.value.filters.find((f) => f.op === "is" && f.dimension === dimension)?.values ?? [];
}

/** Filters the page by a row, or no longer. @param {string} dimension @param {string} text */
export function pick(dimension, text) {
  choose({ filters: toggleFilter(choice.value.filters, dimension, text), list: "" });
}

/** @param {{ spec: Spec, as?: import("preact").FunctionComponent<any>, soon?: boolean }} props  as draws the rows in another way; soon is for what is seen at first */
export function Listing({ spec, as: Drawn, soon }) {
  const box = useRef(null);
  const metrics = listingMetrics(spec);
  const compared = choice.value.compare !== "";
  const question = listingQuestion(spec, Drawn ? 300 : ROWS);
  /** @type {import("../state/answers.js").State<import("../api/stats.js").Answer> & { again: () => void }} */
  const { data, fault, busy, again } = useAnswer(question, box, soon);
  const shownMetrics = data?.query.metrics ?? metrics;
  return html`<div class="listing" ref=${box} aria-busy=${busy}>
    <div class="listing-head"><span>${spec.of}</span>${shownMetrics.map((m) => html`<span class="row-figure" data-metric=${m} key=${m} title=${METRICS[m].hint}>${METRICS[m].label}</span>`)}
      ${compared && html`<span class="row-figure row-change">Change</span>`}</div>
    <div class="listing-rows fades">${body()}</div>
  </div>`;

  function body() {
    if (!data && fault) return html`<${Failure} fault=${fault} again=${again} />`;
    if (!data) return html`<${Skeleton} rows=${ROWS} />`;
    if (data.results.length === 0) return html`<p class="nothing">${spec.nothing ?? "Nothing in this period."}</p>`;
    if (Drawn) return html`<${Drawn} answer=${data} spec=${spec} />`;
    return html`<${Rows} dimension=${data.query.dimensions?.[0] ?? spec.dimension} metrics=${shownMetrics} rows=${data.results} exact=${data.meta.exact} compared=${compared}
      picked=${pickedOf(spec.dimension)} onPick=${(/** @type {string} */ text) => pick(spec.dimension, text)} />`;
  }
}
