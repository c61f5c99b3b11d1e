// The period: a list of those that have a key, dates to choose, steps to the ones before and after, and what it is compared with.

import { useState } from "preact/hooks";
import { html } from "../html.js";
import { shifted } from "../period.js";
import { choice, choose } from "../state/choice.js";
import { anyPainted } from "../state/first.js";
import { here, replayedTo } from "../state/scope.js";
import { site } from "../state/sites.js";
import { Icon } from "../ui/Icon.js";
import { Menu } from "../ui/Menu.js";
import { periodLabel, spanLabel } from "./labels.js";

/** @typedef {import("../choice.js").Period} Period */

/** @type {[import("../choice.js").PeriodName, string][]} */
export const PERIOD_KEYS = [
  ["live", "R"], ["day", "D"], ["yesterday", "E"], ["24h", "H"], ["7d", "7"], ["28d", "8"], ["91d", "9"], ["month", "M"], ["year", "Y"], ["all", "A"],
];

/** Shows another period. @param {Period} period */
export function choosePeriod(period) {
  replayedTo.value = null;
  choose({ period, interval: "" });
}

/** Goes to the period before (-1) or after (1), where there is one. @param {number} steps */
export function stepPeriod(steps) {
  const next = shifted(choice.value.period, steps, here());
  if (next) choosePeriod(next);
}

export function PeriodMenu() {
  site.value; // its zone
  const { period } = choice.value;
  const name = periodLabel(period, here());
  const title = anyPainted.value ? `Period: ${name}, ${spanLabel(period, here())}` : `Period: ${name}`; // to write dates takes what takes its time to make
  return html`<div class="period" role="group" aria-label="Period">
    <button type="button" class="button quiet" title="Earlier (←)" aria-label="Earlier" disabled=${!shifted(period, -1, here())} onClick=${() => stepPeriod(-1)}><${Icon} name="back" /></button>
    <${Menu} align="end" label=${html`<span class="period-name">${name}</span>`} title=${title}>
      ${(/** @type {() => void} */ close) => html`
        <ul>${PERIOD_KEYS.map(([name, key]) => html`<li key=${name}>
          <button type="button" class="menu-item" aria-current=${period.name === name && !period.date} onClick=${() => (choosePeriod({ name }), close())}>${periodLabel({ name }, here())}<kbd>${key}</kbd></button>
        </li>`)}</ul>
        <div class="menu-line"></div>
        <${Dates} close=${close} />`}
    <//>
    <button type="button" class="button quiet" title="Later (→)" aria-label="Later" disabled=${!shifted(period, 1, here())} onClick=${() => stepPeriod(1)}><${Icon} name="on" /></button>
  </div>`;
}

/** @param {{ close: () => void }} props */
function Dates({ close }) {
  const { period } = choice.value;
  const [from, setFrom] = useState(period.from?.slice(0, 10) ?? "");
  const [to, setTo] = useState(period.to?.slice(0, 10) ?? "");
  /** @param {Event} event */
  function submit(event) {
    event.preventDefault();
    if (!from || !to) return;
    choosePeriod(from <= to ? { name: "custom", from, to } : { name: "custom", from: to, to: from });
    close();
  }
  const value = (/** @type {Event} */ event) => /** @type {HTMLInputElement} */ (event.target).value;
  return html`<form class="dates" onSubmit=${submit}>
    <label>From<input class="field" type="date" value=${from} required onInput=${(/** @type {Event} */ e) => setFrom(value(e))} /></label>
    <label>To<input class="field" type="date" value=${to} required onInput=${(/** @type {Event} */ e) => setTo(value(e))} /></label>
    <button type="submit" class="button primary small">Show</button>
  </form>`;
}

/** @type {[import("../choice.js").Comparing, string][]} */
const COMPARISONS = [["", "No comparison"], ["previous", "Previous period"], ["year", "Year before"]];

export function ComparisonMenu() {
  const { compare, period } = choice.value;
  if (period.name === "all") return null;
  const chosen = COMPARISONS.find(([key]) => key === compare)?.[1];
  return html`<${Menu} align="end" class="comparison" label=${compare ? html`<span>vs. ${chosen?.toLowerCase()}</span>` : html`<span>Compare</span>`} title=${compare ? `Compared vs. ${chosen?.toLowerCase()}` : "Compare"}>
    ${(/** @type {() => void} */ close) => html`<ul>${COMPARISONS.map(([key, label]) => html`<li key=${key}>
      <button type="button" class="menu-item" aria-current=${key === compare} onClick=${() => (choose({ compare: key }), close())}>${label}${key === "previous" && html`<kbd>X</kbd>`}</button>
    </li>`)}</ul>`}
  <//>`;
}
