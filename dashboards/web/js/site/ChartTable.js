// The chart's figures as a table, for those who read rather than look.

import { useState } from "preact/hooks";
import { html } from "../html.js";
import { METRICS } from "../metrics.js";
import { Num } from "../ui/Num.js";
import { bucketLabel } from "./labels.js";

/**
 * @param {object} props
 * @param {import("./series.js").Series} props.series
 * @param {import("./labels.js").Unit} props.unit
 * @param {{ alert: import("../api/alerts.js").AlertEvent, bucket: number }[]} props.marks
 */
export function ChartTable({ series: s, unit, marks }) {
  const [open, setOpen] = useState(false);
  const { label, write, points } = METRICS[s.metric];
  const onToggle = (/** @type {Event} */ event) => setOpen(/** @type {HTMLDetailsElement} */ (event.currentTarget).open);
  return html`<details class="chart-table" onToggle=${onToggle}>
    <summary>Show as a table</summary>
    ${open && html`<div class="scroll" tabindex="0" role="region" aria-label="${label} by ${unit}"><table class="table">
      <caption class="unseen">${label} by ${unit}, newest first</caption>
      <thead><tr><th scope="col">Time</th><th scope="col" data-numeric="true">${label}</th>${s.before.length > 0 && html`<th scope="col" data-numeric="true">Before</th>`}<th scope="col">Alerts</th></tr></thead>
      <tbody>${s.labels.map((l, i) => ({ l, i })).filter(({ i }) => s.now[i] !== null).reverse().map(({ l, i }) => html`<tr key=${i}>
        <th scope="row">${bucketLabel(l, unit)}</th>
        <td data-numeric="true"><${Num} text=${write(/** @type {number} */ (s.now[i]))} error=${s.errors[i]} value=${points ? undefined : s.now[i]} /></td>
        ${s.before.length > 0 && html`<td data-numeric="true">${s.before[i] == null ? "–" : write(/** @type {number} */ (s.before[i]))}</td>`}
        <td>${marks.filter((m) => m.bucket === i).map((m) => m.alert.message || m.alert.name).join("; ")}</td>
      </tr>`)}</tbody>
    </table></div>`}
  </details>`;
}
