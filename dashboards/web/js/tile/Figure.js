// A tile that is a number with its course.

import { html } from "../html.js";
import { Num } from "../ui/Num.js";
import { Course } from "./Course.js";
import { MEASURES, numberOf, PERIODS } from "./measures.js";

/** @param {{ answer: import("../api/tile.js").TileAnswer }} props */
export function Figure({ answer: { site, metric, period, current_visitors: current, total, course } }) {
  const { label, write, points } = MEASURES[metric];
  const first = total?.results[0];
  const value = current ?? numberOf(first?.metrics[0]);
  const values = course ? valuesOf(course) : [];
  const when = current === undefined ? PERIODS[period] : "last 5 minutes";
  return html`<p class="tile-label">${label}</p>
    <p class="tile-value"><${Num} text=${write(value)} error=${first?.errors?.[0] ?? null} value=${points ? undefined : value} /></p>
    <div class="tile-course"><${Course} values=${values} unfinished=${(course?.meta.incomplete_windows ?? 0) > 0} label="${label}, ${when}" /></div>
    <p class="tile-foot"><bdi>${site}</bdi><span>${when}</span></p>`;
}

/** One value for each of the times, in order. @param {import("../api/stats.js").Answer} course */
function valuesOf({ results, meta: { time_labels: labels } }) {
  const found = new Map(results.map((r) => [r.dimensions[0], numberOf(r.metrics[0])]));
  const all = labels ?? [...found.keys()];
  const last = all.findLastIndex((t) => found.has(t)); // what is to come has no value
  return all.slice(0, last + 1).map((t) => found.get(t) ?? 0);
}
