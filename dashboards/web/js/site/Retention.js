// Retention: of the visitors that came first on a day or in a week, how many came back in those after it.

import { useRef, useState } from "preact/hooks";
import { RETENTION } from "../api/stats.js";
import { asUTC, daysBetween } from "../calendar.js";
import { count, moment, percent } from "../format.js";
import { html } from "../html.js";
import { datesOf } from "../period.js";
import { useAnswer } from "../state/answers.js";
import { choice } from "../state/choice.js";
import { askingRows, here } from "../state/scope.js";
import { Failure } from "../ui/Failure.js";
import { Skeleton } from "../ui/Skeleton.js";
import { Tabs } from "../ui/Tabs.js";

const COLUMNS = 9;
const ROWS = 8;

/** @typedef {import("../api/stats.js").RetentionAnswer} RetentionAnswer */

export function Retention() {
  const box = useRef(null);
  const dates = datesOf(choice.value.period, here());
  const days = dates ? daysBetween(dates.from, dates.to) + 1 : choice.value.period.name === "all" ? 366 : 1;
  const [asked, setAsked] = useState("");
  const unit = asked || (days > 35 ? "week" : "day");
  const enough = days > 1;
  const question = enough ? askingRows(RETENTION, { unit }) : null;
  const { data, fault, busy, again } = /** @type {import("../state/answers.js").State<RetentionAnswer> & { again: () => void }} */ (useAnswer(question && { ...question, every: question.every && 15_000 }, box));
  return html`<section class="card" id="retention" aria-labelledby="retention-title" ref=${box} aria-busy=${enough && busy}>
    <header class="card-head"><h2 id="retention-title">Retention</h2>
      <${Tabs} label="Retention by" panel="retention-panel" chosen=${unit} onChoose=${setAsked} tabs=${[{ key: "day", label: "Days" }, { key: "week", label: "Weeks" }]} /></header>
    <div id="retention-panel" role="tabpanel" aria-label="Retention by ${unit}" class="fades retention-box">
      ${!enough ? html`<p class="nothing">Who comes back is seen over several days.<br />Choose a longer period.</p>` : !data ? fault ? html`<${Failure} fault=${fault} again=${again} />` : html`<${Skeleton} rows=${ROWS} />`
        : html`<${Grid} cohorts=${data.cohorts} unit=${unit} exact=${data.meta.exact} />`}
    </div>
  </section>`;
}

/** @param {{ cohorts: RetentionAnswer["cohorts"], unit: string, exact: boolean }} props */
function Grid({ cohorts, unit, exact }) {
  const shown = cohorts.filter((c) => (c.visitors[0]?.value ?? 0) > 0).slice(-ROWS);
  if (shown.length === 0) return html`<p class="nothing">No visitors in this period.</p>`;
  const columns = Math.min(COLUMNS, Math.max(...shown.map((c) => c.visitors.length)));
  return html`<div class="scroll" tabindex="0" role="region" aria-label="Retention"><table class="retention">
    <caption class="unseen">Visitors who came back, by the ${unit} of their first visit</caption>
    <thead><tr><th scope="col">First seen</th><th scope="col">Visitors</th>${Array.from({ length: columns - 1 }, (_, i) => html`<th scope="col" key=${i}>+${i + 1}</th>`)}</tr></thead>
    <tbody>${shown.map((c) => {
      const all = c.visitors[0].value ?? 0;
      return html`<tr key=${c.start}><th scope="row">${moment(asUTC(c.start.slice(0, 10)), "UTC", { day: "numeric", month: "short" })}</th><td class="num">${count(all)}</td>
        ${Array.from({ length: columns - 1 }, (_, i) => {
          const back = c.visitors[i + 1]?.value;
          const error = exact ? null : c.visitors[i + 1]?.error;
          return back == null ? html`<td key=${i}></td>` : html`<td key=${i} class="num" title="${count(back)}${error ? ` ± ${count(error)}` : ""} of ${count(all)}"><span class="retention-cell" style=${{ "--share": String(Math.min(1, back / Math.max(1, all))) }}>${percent(back, all) || "0"}</span></td>`;
        })}</tr>`;
    })}</tbody>
  </table></div>`;
}
