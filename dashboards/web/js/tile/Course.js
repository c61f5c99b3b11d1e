// The course of a figure, as wide and high as there is room: an area, and dots where its last part is not over yet.

import { html } from "../html.js";

/** @param {{ values: number[], unfinished: boolean, label: string }} props */
export function Course({ values, unfinished, label }) {
  if (values.length < 2) return null;
  const most = Math.max(...values, 1);
  const points = values.map((v, i) => [(i / (values.length - 1)) * 100, 100 - (v / most) * 96]);
  const over = unfinished ? points.slice(0, -1) : points;
  const text = (/** @type {number[][]} */ list) => list.map(([x, y]) => `${x.toFixed(2)},${y.toFixed(2)}`).join(" ");
  return html`<svg class="course" viewBox="0 0 100 100" preserveAspectRatio="none" role="img" aria-label=${label}>
    <polygon class="course-area" points="0,100 ${text(points)} 100,100" />
    <polyline class="course-line" points=${text(over)} />
    ${unfinished && html`<polyline class="course-line course-rest" points=${text(points.slice(-2))} />`}
  </svg>`;
}
