// What the colours mean.

import { short } from "../format.js";
import { html } from "../html.js";
import { shadeOf } from "./scale.js";

/** @param {{ steps: number[], label: string }} props */
export function Legend({ steps, label }) {
  return html`<div class="map-legend" role="img" aria-label="The darker or, on a dark ground, the brighter, the more ${label}">
    ${[1, ...steps].map((least, i) => html`<span key=${i} class="map-key" data-shade=${shadeOf(i + 1, steps)}><span class="num">${span(least, steps[i])}</span></span>`)}
  </div>`;
}

/** @param {number} least @param {number | undefined} next */
function span(least, next) {
  if (next === undefined) return `${short(least)}+`;
  return next - least > 1 ? `${short(least)}–${short(next - 1)}` : short(least);
}
