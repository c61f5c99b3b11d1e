// What is shown where something could not be had: what happened, and the way on.

import { html } from "../html.js";

/** @param {{ fault: unknown, again?: () => void }} props */
export function Failure({ fault, again }) {
  return html`<div class="failure" role="alert">
    <p>${fault instanceof Error ? fault.message : String(fault)}</p>
    ${again && html`<button type="button" class="button" onClick=${again}>Try again</button>`}
  </div>`;
}
