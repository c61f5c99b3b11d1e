// How long it takes from a click's arrival to its number: the percentiles of now, and their course. Where the server does not see the numbers being made, it is
// how long it takes until the click is on disk.

import { count } from "../format.js";
import { html } from "../html.js";
import { Lines } from "./Lines.js";
import { courseOf, millis } from "./units.js";

/** @typedef {import("../api/pipeline.js").PipelineView} PipelineView */
/** @typedef {import("../api/pipeline.js").Percentiles} Percentiles */

/** @param {{ view: PipelineView }} props */
export function Delay({ view: { delay, door, history, step_ms: step, missing } }) {
  const { seconds, each } = courseOf(step);
  const seesNumbers = !missing.includes("delay");
  const now = seesNumbers ? [delay.p50_ms, delay.p95_ms, delay.p99_ms] : [door.ack_p50_ms, door.ack_p95_ms, door.ack_p99_ms];
  const isQuiet = seesNumbers ? delay.count === 0 : door.ack_p99_ms === 0;
  /** @param {"ack" | "delay"} what @param {"p50_ms" | "p95_ms" | "p99_ms"} p */
  const course = (what, p) => history.map((m) => m[what]?.[p] ?? null);
  const main = seesNumbers ? "delay" : "ack";
  const lines = [
    { label: "99%", color: "--late", values: course(main, "p99_ms") },
    { label: "95%", color: "--bot", values: course(main, "p95_ms") },
    { label: "Half", color: "--chart-line", values: course(main, "p50_ms") },
    ...(seesNumbers ? [{ label: "95% on disk", color: "--muted", values: course("ack", "p95_ms"), dash: [4, 3] }] : []),
  ];
  const title = seesNumbers ? "From click to number" : "From click to disk";
  return html`<section class="card" aria-labelledby="delay-title">
    <header class="card-head"><h2 id="delay-title">${title}</h2>
      <span class="muted small">${seesNumbers && !isQuiet ? `${count(delay.count)} events, last 5 minutes` : "last 5 minutes"}</span></header>
    <dl class="percentiles">${["Half within", "95% within", "99% within"].map((label, i) => html`<div key=${label}>
      <dt>${label}</dt><dd class="num">${isQuiet ? "–" : millis(now[i])}</dd></div>`)}</dl>
    ${lines.some((l) => l.values.some((v) => v !== null)) ? html`<${Lines} label="${title}, ${each}" seconds=${seconds} times=${history.map((m) => m.t)} write=${millis} lines=${lines} />`
    : html`<p class="nothing lines-room">Its course appears with the first events.</p>`}
  </section>`;
}
