// How long it takes from a click's arrival to its number: the percentiles of now, and their course.

import { useRef } from "preact/hooks";
import { count } from "../format.js";
import { html } from "../html.js";
import { Lines } from "./Lines.js";
import { millis } from "./units.js";

const KEPT = 600; // of what this page has seen

/** @typedef {{ t: number, p50: number | null, p99: number | null }} Point */

/** @param {{ view: import("../api/pipeline.js").PipelineView }} props */
export function Delay({ view }) {
  const course = useCourse(view);
  const { p50_ms: p50, p90_ms: p90, p99_ms: p99, count: n } = view.delay;
  return html`<section class="card" aria-labelledby="delay-title">
    <header class="card-head"><h2 id="delay-title">From click to number</h2>
      <span class="muted small">${n > 0 ? `${count(n)} events, last 5 minutes` : "last 5 minutes"}</span></header>
    <dl class="percentiles">${[["Half within", p50], ["90% within", p90], ["99% within", p99]].map(([label, ms]) => html`<div key=${label}>
      <dt>${label}</dt><dd class="num">${n > 0 ? millis(Number(ms)) : "–"}</dd></div>`)}</dl>
    ${course.length > 1 ? html`<${Lines} label="Time from click to number" times=${course.map((p) => p.t)} write=${millis} lines=${[
      { label: "99%", color: "--late", values: course.map((p) => p.p99) },
      { label: "Half", color: "--chart-line", values: course.map((p) => p.p50) },
    ]} />` : html`<p class="nothing lines-room">Its course appears as the page looks on.</p>`}
  </section>`;
}

/** The course that this page has seen. @param {import("../api/pipeline.js").PipelineView} view @returns {Point[]} */
function useCourse(view) {
  const seen = useRef(/** @type {Point[]} */ ([]));
  if ((seen.current.at(-1)?.t ?? 0) < view.as_of) {
    const { p50_ms: p50, p99_ms: p99, count: n } = view.delay;
    seen.current = [...seen.current, { t: view.as_of, p50: n > 0 ? p50 : null, p99: n > 0 ? p99 : null }].slice(-KEPT);
  }
  return seen.current;
}
