// What came in and what was read.

import { html } from "../html.js";
import { Lines } from "./Lines.js";
import { courseOf, rate } from "./units.js";

const HEIGHT = 218; // as high as the percentiles and the chart beside it

/** @param {{ view: import("../api/pipeline.js").PipelineView }} props */
export function Throughput({ view: { history, step_ms: step } }) {
  const { isNoted, seconds, span } = courseOf(step);
  return html`<section class="card" aria-labelledby="throughput-title">
    <header class="card-head"><h2 id="throughput-title">Throughput</h2><span class="muted small">a second, ${span}</span></header>
    ${history.length > 1 ? html`<${Lines} label="Events accepted and records read a second" height=${HEIGHT} seconds=${seconds} times=${history.map((m) => m.t)} write=${rate} lines=${[
      { label: "Accepted", color: "--chart-before", values: history.map((m) => m.accepted_per_s), dash: [4, 3] },
      { label: "Read", color: "--chart-line", values: history.map((m) => m.records_per_s) },
    ]} />` : html`<p class="nothing lines-room">${isNoted ? "Its course appears with the first minutes in which something comes." : "The first seconds are being measured."}</p>`}
  </section>`;
}
