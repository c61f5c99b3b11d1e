// What all questions have in common: the site, the period, the filters, and how often the present is asked for again.

import { computed, signal } from "@preact/signals-core";
import { includesNow, rangeBefore, rangeOf } from "../period.js";
import { choice, filters } from "./choice.js";
import { serverNow } from "./clock.js";
import { knownID, zone } from "./sites.js";

/** @typedef {import("../period.js").Here} Here */
/**
 * A question that can be asked again: the same key is the same question, also where its times move on.
 * @typedef {{ path: string, site: string, key: string, body: () => unknown, every: number }} Question
 */

/** The moment that the live period ends at while the past is replayed; null where it is now. @type {import("@preact/signals-core").Signal<number | null>} */
export const replayedTo = signal(null);

/** Where and when we are. @returns {Here} */
export function here() {
  return { zone: zone.value, now: (choice.value.period.name === "live" && replayedTo.peek()) || serverNow() };
}

/** Milliseconds between two answers to the same question, at least; 0 where nothing can change. */
const every = computed(() => {
  const { period } = choice.value;
  if (period.name === "live") return 500;
  if (!includesNow(period, here())) return 0;
  return period.name === "day" || period.name === "24h" ? 2_000 : 5_000;
});

/** A key of what is chosen. */
const chosen = computed(() => JSON.stringify([knownID.value, choice.value.period, filters.value]));

/**
 * A question about what is chosen; null where there is no site.
 * @param {string} path
 * @param {{ [field: string]: unknown, filters?: unknown[] }} fields  further ones of its body; its filters come on top of those that are chosen
 * @returns {Question | null}
 */
export function asking(path, fields) {
  const id = knownID.value;
  if (!id) return null;
  const { period } = choice.value;
  const all = [...filters.value, ...(fields.filters ?? [])];
  return {
    path, site: id, every: every.value, key: chosen.value + path + JSON.stringify(fields),
    body: () => ({ site_id: id, date_range: rangeOf(period, here()), ...fields, filters: all }),
  };
}

const ROWS = 1_000; // ms

/** The same about what is read row by row: rows that change more often nobody reads. @param {string} path @param {{ [field: string]: unknown, filters?: unknown[] }} fields @returns {Question | null} */
export function askingRows(path, fields) {
  const question = asking(path, fields);
  return question && { ...question, every: question.every && Math.max(question.every, ROWS) };
}

/** The same, whose answer is not asked for again: what is offered to choose from need not follow the present. @param {string} path @param {{ [field: string]: unknown, filters?: unknown[] }} fields @returns {Question | null} */
export function askingOnce(path, fields) {
  const question = asking(path, fields);
  return question && { ...question, every: 0 };
}

/** A question about the span before; null where there is none. @param {string} path @param {{ [field: string]: unknown }} fields @param {"previous" | "year"} how @returns {Question | null} */
export function askingBefore(path, fields, how) {
  const { period } = choice.value;
  const question = asking(path, fields);
  if (!question || !rangeBefore(period, how, here())) return null;
  const moves = period.name === "live" || period.name === "24h";
  return {
    ...question, key: `${question.key} ${how}`, every: moves ? 10_000 : 0,
    body: () => ({ .../** @type {object} */ (question.body()), date_range: rangeBefore(period, how, here()) }),
  };
}

/** What an answer is to be compared with. Where the period is not over, its like is cut at the same time. */
export function comparisons() {
  if (choice.value.period.name === "all") return undefined;
  return { mode: choice.value.compare === "year" ? "year_over_year" : "previous_period", to_date: true };
}
