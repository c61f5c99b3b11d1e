// What is shown where something could not be had: what happened, and the way on.

import { html } from "../html.js";

/** @param {{ fault: unknown, again?: () => void, first?: boolean }} props  first: it is read aloud at once, and not by each of many cards */
export function Failure({ fault, again, first }) {
  return html`<div class="failure" role=${first ? "alert" : undefined}>
    <p>${fault instanceof Error ? fault.message : String(fault)}</p>
    ${again && html`<button type="button" class="button" onClick=${again}>Try again</button>`}
  </div>`;
}
