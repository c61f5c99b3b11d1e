// A name on a bar as long as its share of the first. The bar is a background: a change of it is painted, and moves nothing.

import { html } from "../html.js";

const STEPS = 400; // finer than that nobody sees, and every change is drawn

/** @param {{ share: number, children: unknown }} props  share is from 0 to 1 */
export function Bar({ share, children }) {
  const length = Math.round(Math.max(0, Math.min(1, share || 0)) * STEPS) / STEPS;
  return html`<span class="bar" style=${{ backgroundSize: `${length * 100}% 100%` }}><span class="bar-text">${children}</span></span>`;
}
