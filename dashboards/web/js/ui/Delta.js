// How much a figure has changed: by sign, word and colour.

import { change, points } from "../format.js";
import { html } from "../html.js";
import { Icon } from "./Icon.js";

/**
 * @param {object} props
 * @param {number | null | undefined} props.value  percent, or points; nothing is shown where there is none
 * @param {boolean} [props.isNew]  there was nothing before: no number says how much more that is
 * @param {boolean} [props.inPoints]  the value is points of a percentage
 * @param {boolean} [props.lessIsBetter]
 * @param {string} [props.than]  what it is compared with, for the tip
 */
export function Delta({ value, isNew = false, inPoints = false, lessIsBetter = false, than = "" }) {
  if (value == null) return html`<span class="delta" data-trend="none"></span>`;
  const trend = value === 0 ? "same" : value > 0 === lessIsBetter ? "worse" : "better";
  if (isNew && value > 0) return html`<span class="delta" data-trend=${trend} title=${than}>new</span>`;
  return html`<span class="delta" data-trend=${trend} title=${than}>
    ${value !== 0 && html`<${Icon} name=${value > 0 ? "up" : "fall"} />`}${inPoints ? points(Math.abs(value)) : change(Math.abs(value))}
    <span class="unseen">${value > 0 ? "more" : value < 0 ? "less" : "as much"} ${than}</span>
  </span>`;
}
