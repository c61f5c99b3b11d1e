// A name on a bar as long as its share of the first.

import { html } from "../html.js";

const STEPS = 400; // finer than that nobody sees, and every change is drawn

/** @param {{ share: number, children: unknown }} props  share is from 0 to 1 */
export function Bar({ share, children }) {
  const length = Math.round(Math.max(0, Math.min(1, share || 0)) * STEPS) / STEPS;
  return html`<span class="bar"><span class="bar-fill" style=${{ transform: `scaleX(${length})` }}></span><span class="bar-text">${children}</span></span>`;
}
