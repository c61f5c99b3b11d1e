// The chart's lines from the answers to its questions: plain values in and out. A line has a point for each bucket of the period; null where
// nothing is known.

import { asUTC } from "../calendar.js";
import { METRICS, numberOf } from "../metrics.js";

/** @typedef {import("../api/stats.js").Answer} Answer */
/** @typedef {(number | null)[]} Line */
/**
 * @typedef {object} Series
 * @property {string} metric
 * @property {string[]} labels  of the buckets, as the server writes them
 * @property {Line} now
 * @property {Line} errors  standard errors of now; null where a figure is exact
 * @property {Line} before  the period that it is compared with, empty where there is none
 * @property {Line} low  the least and the most of the same time of day in the week before, empty where that is not shown
 * @property {Line} high
 * @property {number} open  the bucket that is not over yet; -1 where all are
 */

/**
 * @param {string} metric @param {Answer} answer @param {Answer | null} before @param {Answer | null} week
 * @param {string} wallNow  the wall time of the site, as labels are written
 * @returns {Series}
 */
export function seriesOf(metric, answer, before, week, wallNow) {
  const labels = answer.meta.time_labels ?? [];
  const nothing = METRICS[metric].sums ? 0 : null;
  const started = labels.filter((l) => l <= wallNow.slice(0, l.length)).length;
  const open = answer.meta.incomplete_windows > 0 ? started - 1 : -1;
  const { values, errors } = lineOf(labels, answer, nothing);
  const now = values.map((v, i) => (i < started ? v : null));
  const band = week ? bandOf(labels, week, nothing) : { low: [], high: [] };
  return { metric, labels, now, errors, before: before ? fitted(lineOf(before.meta.time_labels ?? [], before, nothing).values, labels.length) : [], ...band, open };
}

/** @param {string[]} labels @param {Answer} answer @param {number | null} nothing */
function lineOf(labels, answer, nothing) {
  /** @type {Line} */
  const values = Array(labels.length).fill(nothing);
  /** @type {Line} */
  const errors = Array(labels.length).fill(null);
  let at = 0;
  for (const row of answer.results) { // in order of time; a label may come twice where clocks go back
    const found = labels.indexOf(row.dimensions[0], at);
    if (found < 0) continue;
    values[found] = numberOf(row.metrics[0]);
    errors[found] = answer.meta.exact ? null : (row.errors?.[0] ?? null);
    at = found + 1;
  }
  return { values, errors };
}

/** @param {Line} line @param {number} length @returns {Line} */
function fitted(line, length) {
  return Array.from({ length }, (_, i) => line[i] ?? null);
}

const HOUR = 11; // where the time of day begins in a label

// The week before says what is usual at a time of day: the least and the most that there was at it.
/** @param {string[]} labels @param {Answer} week @param {number | null} nothing */
function bandOf(labels, week, nothing) {
  /** @type {Map<string, number[]>} */
  const byTime = new Map();
  const all = week.meta.time_labels ?? [];
  lineOf(all, week, nothing).values.forEach((v, i) => {
    if (v === null) return;
    const time = all[i].slice(HOUR);
    byTime.set(time, [...(byTime.get(time) ?? []), v]);
  });
  const of = (/** @type {(...values: number[]) => number} */ pick) => labels.map((l) => {
    const values = byTime.get(l.slice(HOUR));
    return values ? pick(...values) : null;
  });
  return { low: of(Math.min), high: of(Math.max) };
}

/** The bucket in which a wall time is; -1 where none is. @param {string[]} labels @param {string} wall */
export function bucketOf(labels, wall) {
  let at = -1;
  for (let i = 0; i < labels.length && labels[i] <= wall.slice(0, labels[i].length); i++) at = i;
  return at;
}

/** How long a bucket is, in milliseconds, where all are equally long. @param {string[]} labels */
export function stepOf(labels) {
  return labels.length > 1 ? asUTC(labels[1]) - asUTC(labels[0]) : 0;
}

const FEWEST = 4;
const LINES = 4;

/** Round steps for an axis up to most: grid lines from 0 to the first that is not below it. @param {number} most @param {boolean} whole  whether between whole numbers there is nothing */
export function gridLines(most, whole) {
  const least = whole ? FEWEST : 1e-3;
  const rough = Math.max(most, least) / LINES;
  const power = 10 ** Math.floor(Math.log10(rough));
  const factor = [1, 2, 2.5, 5, 10].find((f) => f * power >= rough * 0.999999 && !(whole && f === 2.5 && power < 10)) ?? 10;
  const step = whole ? Math.max(1, factor * power) : factor * power;
  const n = Math.ceil((Math.max(most, least) / step) * 0.999999);
  return Array.from({ length: n + 1 }, (_, i) => Number((i * step).toPrecision(12)));
}
