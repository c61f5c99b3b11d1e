// What the site view asks. What is seen first is asked for before there is a component to show it, so that none is named here.

import { QUERY } from "../api/stats.js";
import { addDays, dateOf } from "../calendar.js";
import { intervalsOf } from "../period.js";
import { askEarly } from "../state/early.js";
import { choice } from "../state/choice.js";
import { asking, askingBefore, askingRows, comparisons, here } from "../state/scope.js";
import { followSites, site } from "../state/sites.js";
import { PAGES, ROWS, SOURCES } from "./cards.js";
import { filtersFor, goalFilter, METRICS_SHOWN } from "./metrics_shown.js";

/** @typedef {import("./cards.js").Listing} Listing */

/** The figures of the period. */
export function metricsQuestion() {
  return asking(QUERY, { metrics: METRICS_SHOWN, include: { comparisons: comparisons() } });
}

/** How many met a goal; null where the site has none. */
export function goalsQuestion() {
  if ((site.value?.goals ?? []).length === 0) return null;
  return asking(QUERY, { metrics: ["conversion_rate"], include: { comparisons: comparisons() }, filters: goalFilter() });
}

/** What the chart may be divided by and what it is, and what it shows: the period, what it is compared with, and what is usual at these hours. */
export function chartQuestions() {
  const { metric, compare, period } = choice.value;
  const intervals = intervalsOf(period, here());
  const interval = intervals.includes(choice.value.interval) ? choice.value.interval : intervals[0];
  const fields = { metrics: [metric], dimensions: [interval], include: { time_labels: true }, filters: filtersFor(metric) };
  return { intervals, interval, main: asking(QUERY, fields), before: compare ? askingBefore(QUERY, fields, compare) : null, week: weekBefore(fields) };
}

/** What the same hours of the week before were like, for periods of a day. @param {{ dimensions: string[] }} fields */
function weekBefore(fields) {
  const { period } = choice.value;
  const question = asking(QUERY, fields);
  if (!question || !["day", "yesterday", "24h"].includes(period.name) || !["time:hour", "time:15m"].includes(fields.dimensions[0])) return null;
  const { zone, now } = here();
  const day = period.name === "yesterday" ? addDays(dateOf(now, zone), -1) : (period.date ?? dateOf(now, zone));
  return { ...question, key: `${question.key} week ${day}`, every: 0, body: () => ({ .../** @type {object} */ (question.body()), date_range: [addDays(day, -7), addDays(day, -1)] }) };
}

/** The listing of a card whose tab is chosen, else the first. @param {string} card @param {Listing[]} listings */
export function chosenOf(card, listings) {
  return listings.find((l) => l.key === (choice.value.tabs[card] ?? "")) ?? listings[0];
}

/** The figures that a card shows of a listing. @param {Listing} spec */
export function listingMetrics(spec) {
  const ofGoals = spec.dimension === "event:goal" || choice.value.filters.some((f) => f.dimension === "event:goal");
  if (ofGoals) return [spec.metric, "conversion_rate"];
  return spec.metric === "visitors" ? [spec.metric, "percentage"] : [spec.metric];
}

/** The first rows of a listing. @param {Listing} spec @param {number} [limit] */
export function listingQuestion(spec, limit = ROWS) {
  return askingRows(QUERY, {
    metrics: listingMetrics(spec), dimensions: [spec.dimension], pagination: { limit },
    ...(choice.value.compare !== "" ? { include: { comparisons: comparisons() } } : {}),
  });
}

/** Asks what is seen first on most screens, and returns when that is known, or could not be. */
export async function askFirst() {
  await followSites();
  const { main, before, week } = chartQuestions();
  const all = [metricsQuestion(), goalsQuestion(), main, before, week, listingQuestion(chosenOf("pages", PAGES)), listingQuestion(chosenOf("sources", SOURCES))];
  await askEarly(all.filter((question) => question !== null));
}
