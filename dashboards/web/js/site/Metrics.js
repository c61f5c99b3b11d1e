// The figures of the period at a glance, each with its change. A click puts one on the chart.

import { useEffect } from "preact/hooks";
import { html } from "../html.js";
import { METRICS, money, write, writeInFull } from "../metrics.js";
import { useAnswer } from "../state/answers.js";
import { choice, choose } from "../state/choice.js";
import { noteExactness } from "../state/trust.js";
import { Delta } from "../ui/Delta.js";
import { Failure } from "../ui/Failure.js";
import { Figure } from "../ui/Figure.js";
import { useStill } from "../ui/still.js";
import { METRIC_WAITS } from "./metrics_shown.js";
import { goalsQuestion, metricsQuestion } from "./questions.js";

/** @typedef {import("../api/stats.js").Answer} Answer */

export function Metrics() {
  const still = useStill();
  const asked = goalsQuestion();
  const main = useAnswer(metricsQuestion());
  const goals = useAnswer(asked);
  useEffect(() => noteExactness(/** @type {Answer | null} */ (main.data)), [main.data]);
  const cards = [...cardsOf(/** @type {Answer | null} */ (main.data)), ...(asked ? cardsOf(/** @type {Answer | null} */ (goals.data)) : [])];
  if (!main.data && main.fault) return html`<div class="metrics"><${Failure} first fault=${main.fault} again=${main.again} /></div>`;
  const shown = cards.length > 0 ? cards.filter((c) => c.metric !== "total_revenue" || isThere(c.value)) : METRIC_WAITS;
  return html`<div class="metrics" role="group" aria-label="Metrics" aria-busy=${main.busy}>
    ${shown.map((c) => still(c.metric, [JSON.stringify(c)], () => html`<${Card} key=${c.metric} ...${c} />`))}
  </div>`;
}

/** @param {Answer | null} answer */
function cardsOf(answer) {
  const row = answer?.results[0];
  if (!answer || !row) return [];
  return answer.query.metrics.map((metric, i) => ({
    metric, value: row.metrics[i], error: answer.meta.exact ? null : row.errors?.[i], before: row.comparison?.metrics[i], change: row.comparison?.change[i],
  }));
}

/** @param {import("../api/stats.js").Value | undefined} value */
function isThere(value) {
  return value != null && (!Array.isArray(value) || value.length > 0);
}

/**
 * @param {object} props
 * @param {string} props.metric
 * @param {import("../api/stats.js").Value} [props.value]  undefined until it is known
 * @param {number | null} [props.error]
 * @param {import("../api/stats.js").Value} [props.before]
 * @param {number | null} [props.change]
 */
function Card({ metric, value, error, before, change }) {
  const { label, hint, lessIsBetter, changesInPoints } = METRICS[metric];
  const all = typeof value === "object" && value ? money(value) : [];
  const than = before === undefined ? "" : `than ${writeInFull(metric, before)} ${choice.value.compare === "year" ? "a year before" : "in the period before"}`;
  return html`<button type="button" class="metric fades" data-metric=${metric} title=${hint} aria-pressed=${choice.value.metric === metric} onClick=${() => choose({ metric }, { replace: true })}>
    <span class="metric-name">${label}</span>
    <span class="metric-value">${value === undefined ? html`<span class="skeleton metric-skeleton"></span>` : all.length > 1
      ? html`<span class="num" title=${writeInFull(metric, all)}>${write(metric, all[0])}</span>`
      : Figure({ metric, value, error })}</span>
    ${all.length > 1 ? html`<span class="delta" title=${writeInFull(metric, all)}>+ ${all.length - 1} ${all.length === 2 ? "currency" : "currencies"}</span>` : Delta({ value: value === undefined ? null : change, isNew: before === 0, inPoints: changesInPoints, lessIsBetter, than })}
  </button>`;
}
