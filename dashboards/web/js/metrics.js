// The metrics as people read them: their names, how they are written, and which way is the better one.

import { amount, count, decimal, duration, percentage, portion, short } from "./format.js";

/** @typedef {import("./api/stats.js").Value} Value */
/** @typedef {import("./api/stats.js").Money} Money */
/**
 * @typedef {object} Metric
 * @property {string} label
 * @property {string} hint  what it counts, in a sentence
 * @property {(n: number) => string} write
 * @property {(n: number) => string} [full]
 * @property {boolean} [points]  its error is told in its own unit, for it is a percentage
 * @property {boolean} [changesInPoints]  as the API tells its change
 * @property {boolean} [lessIsBetter]
 * @property {boolean} [sums]  where nothing happened it is zero, and not unknown
 */

const milliseconds = (/** @type {number} */ n) => (n < 1_000 ? `${count(Math.round(n))}\u00a0ms` : `${decimal(Math.round(n / 10) / 100)}\u00a0s`);

/** @type {Record<string, Metric>} */
export const METRICS = {
  visitors: { label: "Visitors", hint: "Different visitors", write: short, full: count, sums: true },
  visits: { label: "Visits", hint: "Visits: a pause of half an hour ends one", write: short, full: count, sums: true },
  pageviews: { label: "Pageviews", hint: "Pages that were viewed", write: short, full: count, sums: true },
  events: { label: "Events", hint: "Pageviews and all other events", write: short, full: count, sums: true },
  views_per_visit: { label: "Views per visit", hint: "Pageviews of a visit, on average", write: decimal },
  bounce_rate: { label: "Bounce rate", hint: "Visits with one pageview and nothing else", write: percentage, points: true, changesInPoints: true, lessIsBetter: true },
  visit_duration: { label: "Visit duration", hint: "From the first to the last event of a visit, on average", write: duration },
  time_on_page: { label: "Time on page", hint: "How long the page was looked at, on average", write: duration },
  scroll_depth: { label: "Scroll depth", hint: "How far the page was scrolled, on average", write: percentage, points: true },
  exit_rate: { label: "Exit rate", hint: "Pageviews that were the last of their visit", write: percentage, points: true, changesInPoints: true, lessIsBetter: true },
  percentage: { label: "Share", hint: "Of all visitors", write: portion, points: true },
  conversion_rate: { label: "Conversion", hint: "Visitors who met a goal, of all visitors", write: portion, points: true, changesInPoints: true },
  total_revenue: { label: "Revenue", hint: "The sum of what events brought", write: short, sums: true },
  average_revenue: { label: "Average", hint: "Revenue of an event that has any", write: short },
  lcp_p75: { label: "LCP", hint: "Largest contentful paint: when the main content was there", write: milliseconds, lessIsBetter: true },
  inp_p75: { label: "INP", hint: "Interaction to next paint: how long the page took to react", write: milliseconds, lessIsBetter: true },
  cls_p75: { label: "CLS", hint: "Cumulative layout shift: how much the page jumped", write: decimal, lessIsBetter: true },
  fcp_p75: { label: "FCP", hint: "First contentful paint: when anything was there", write: milliseconds, lessIsBetter: true },
  ttfb_p75: { label: "TTFB", hint: "Time to first byte: how long the server took", write: milliseconds, lessIsBetter: true },
};

/** A value as it is written; a dash where there was nothing to measure. @param {string} metric @param {Value} value */
export function write(metric, value) {
  if (value == null) return "–";
  if (typeof value === "number") return METRICS[metric].write(value);
  return money(value).map((m) => amount(m.value, m.currency, m.short)).join(" + ") || "–";
}

/** A value as it is written in full. @param {string} metric @param {Value} value */
export function writeInFull(metric, value) {
  if (value == null) return "Nothing to measure";
  if (typeof value !== "number") return money(value).map((m) => m.long).join(" + ");
  const { full, write } = METRICS[metric];
  return (full ?? write)(value);
}

/** @param {Money | Money[]} value */
export function money(value) {
  return Array.isArray(value) ? value : [value];
}

/** A value as a number, for bars and lines; of money in several currencies there is none. @param {Value} value @returns {number | null} */
export function numberOf(value) {
  if (value == null || typeof value === "number") return value;
  const all = money(value);
  return all.length === 1 ? all[0].value : null;
}
