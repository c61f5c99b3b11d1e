// What the chart tells of the bucket below the pointer.

import { html } from "../html.js";
import { METRICS } from "../metrics.js";
import { Num } from "../ui/Num.js";
import { bucketLabel } from "./labels.js";

const WIDTH = 190;

/**
 * @param {object} props
 * @param {import("./series.js").Series} props.series
 * @param {number} props.at
 * @param {{ valToPos: (v: number, scale: string) => number, over: HTMLElement }} props.plot
 * @param {import("./labels.js").Unit} props.unit
 * @param {import("../api/alerts.js").AlertEvent[]} props.alerts
 */
export function Tip({ series: s, at, plot, unit, alerts }) {
  if (at >= s.labels.length) return null;
  const { label, write, points } = METRICS[s.metric];
  const x = plot.valToPos(at, "x") + plot.over.offsetLeft;
  const left = x + WIDTH + 24 > plot.over.offsetLeft + plot.over.clientWidth ? x - WIDTH - 12 : x + 12;
  const value = s.now[at];
  const low = s.low[at];
  const high = s.high[at];
  return html`<div class="tip" aria-hidden="true" style=${{ transform: `translate(${Math.max(0, left)}px, 8px)` }}>
    <p>${bucketLabel(s.labels[at], unit)}${at === s.open ? " · not over yet" : ""}</p>
    <dl>
      <div><dt>${label}</dt><dd>${value === null ? "–" : html`<${Num} text=${write(value)} error=${s.errors[at]} value=${points ? undefined : value} />`}</dd></div>
      ${s.before[at] != null && html`<div data-line="before"><dt>Before</dt><dd>${write(/** @type {number} */ (s.before[at]))}</dd></div>`}
      ${low != null && high != null && html`<div data-line="band"><dt>Usual</dt><dd>${write(low)} – ${write(high)}</dd></div>`}
    </dl>
    ${alerts.map((a) => html`<p class="tip-alert" key=${a.id}>${a.message || a.name}</p>`)}
  </div>`;
}
