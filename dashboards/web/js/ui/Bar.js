// A name on a bar as long as its share of the first. The bar is a background: a change of it is painted, and moves nothing.

import { html } from "../html.js";

const STEPS = 400; // finer than that nobody sees, and every change is drawn

/** A share as it is drawn. @param {number} share */
export function barLength(share) {
  return Math.round(Math.max(0, Math.min(1, share || 0)) * STEPS) / STEPS;
}

/** @param {{ share: number, children: unknown }} props  share is from 0 to 1 */
export function Bar({ share, children }) {
  return html`<span class="bar" style=${{ backgroundSize: `${barLength(share) * 100}% 100%` }}><span class="bar-text">${children}</span></span>`;
}
