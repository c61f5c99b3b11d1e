// A small line without axes: the course of a figure at a glance.

import { html } from "../html.js";

/** @param {{ values: number[], label: string, width?: number, height?: number }} props  label says in words what the line shows */
export function Spark({ values, label, width = 120, height = 28 }) {
  const top = Math.max(...values, 1);
  const step = width / Math.max(1, values.length - 1);
  const points = values.map((v, i) => `${(i * step).toFixed(1)},${(height - 1 - (v / top) * (height - 2)).toFixed(1)}`).join(" ");
  return html`<svg class="spark" viewBox="0 0 ${width} ${height}" preserveAspectRatio="none" role="img" aria-label=${label}>
    <polyline points=${points} />
  </svg>`;
}
