// The place of rows that are not there yet.

import { html } from "../html.js";

/** @param {{ rows: number }} props */
export function Skeleton({ rows }) {
  return html`<div class="rows" aria-hidden="true">
    ${Array.from({ length: rows }, (_, i) => html`<span key=${i} class="skeleton skeleton-row" style=${{ inlineSize: `${88 - ((i * 37) % 60)}%` }}></span>`)}
  </div>`;
}
