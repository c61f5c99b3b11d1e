// What is known of one thing, a line for each; what is not known has none.

import { html } from "../html.js";

/** @param {{ facts: [string, string | undefined][] }} props  what it is called, and what it is */
export function Facts({ facts }) {
  return html`<dl class="facts">${facts.map(([name, said]) => said && html`<div key=${name}><dt>${name}</dt><dd>${said}</dd></div>`)}</dl>`;
}
