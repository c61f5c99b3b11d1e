// A figure of an answer, with what is known of its error where the answer is not exact.

import { tolerance } from "../format.js";
import { html } from "../html.js";

/**
 * @param {object} props
 * @param {string} props.text  how it is written
 * @param {string} [props.full]  how it is written in full, for the tip; none where that says the same
 * @param {number | null} [props.error]  its standard error, in its own unit; null or nothing where it is exact
 * @param {number} [props.value]  what the error is compared with; points, where there is none
 */
export function Num({ text, full, error, value }) {
  return html`<span class="num" title=${full === text ? undefined : full}>${text}</span>${error != null && plusMinus(error, value)}`;
}

/** @param {number} error @param {number} [value] */
function plusMinus(error, value) {
  const part = value ? (error / Math.abs(value)) * 100 : error;
  const text = `±${tolerance(part)}${value ? "\u00a0%" : ""}`;
  return html`<span class="plus-minus" title="Estimated from a sample: two times out of three the true value is within this.">${text}</span>`;
}
