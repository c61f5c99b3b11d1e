// Web vitals: how fast the site felt to three quarters of its visitors at least, against what is held to be good (web.dev, "Web Vitals").

import { useRef } from "preact/hooks";
import { QUERY } from "../api/stats.js";
import { html } from "../html.js";
import { METRICS, numberOf } from "../metrics.js";
import { useAnswer } from "../state/answers.js";
import { askingRows } from "../state/scope.js";
import { Failure } from "../ui/Failure.js";
import { Figure } from "../ui/Figure.js";
import { Skeleton } from "../ui/Skeleton.js";

/** Up to where a reading is good, and from where it is poor. @type {[string, number, number][]} */
const BOUNDS = [["lcp_p75", 2_500, 4_000], ["inp_p75", 200, 500], ["cls_p75", 0.1, 0.25], ["fcp_p75", 1_800, 3_000], ["ttfb_p75", 800, 1_800]];

/** @param {number} value @param {number} good @param {number} poor */
function rating(value, good, poor) {
  return value <= good ? "good" : value <= poor ? "fair" : "poor";
}

const WORDS = { good: "Good", fair: "Needs work", poor: "Poor" };

export function Vitals() {
  const box = useRef(null);
  const { data, fault, busy, again } = /** @type {any} */ (useAnswer(askingRows(QUERY, { metrics: BOUNDS.map(([m]) => m) }), box));
  return html`<section class="card" id="vitals" aria-labelledby="vitals-title" ref=${box} aria-busy=${busy}>
    <header class="card-head"><h2 id="vitals-title">Web vitals</h2><span class="muted small">75th percentile</span></header>
    <div class="vitals fades">${!data ? fault ? html`<${Failure} fault=${fault} again=${again} />` : html`<${Skeleton} rows=${5} />` : vitals(data)}</div>
  </section>`;
}

/** @param {import("../api/stats.js").Answer} answer */
function vitals(answer) {
  const row = answer.results[0];
  if (!row || row.metrics.every((v) => v == null)) return html`<p class="nothing">No browser reported its web vitals in this period.</p>`;
  return html`<dl>${BOUNDS.map(([metric, good, poor], i) => {
    const value = numberOf(row.metrics[i]);
    const how = value == null ? null : rating(value, good, poor);
    const scale = poor * 1.4;
    return html`<div class="vital" key=${metric} data-rating=${how} title=${METRICS[metric].hint}>
      <dt>${METRICS[metric].label}</dt>
      <dd class="vital-value">${Figure({ metric, value: row.metrics[i], error: answer.meta.exact ? null : row.errors?.[i] })}</dd>
      <dd class="vital-scale" aria-hidden="true"><span style=${{ flexGrow: String(good / scale) }}></span><span style=${{ flexGrow: String((poor - good) / scale) }}></span><span style=${{ flexGrow: "0.286" }}></span>
        ${value != null && html`<i style=${{ insetInlineStart: `${Math.min(100, (value / scale) * 100)}%` }}></i>`}</dd>
      <dd class="vital-rating">${how ? WORDS[how] : "–"}</dd>
    </div>`;
  })}</dl>`;
}
