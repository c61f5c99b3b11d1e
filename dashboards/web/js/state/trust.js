// How far the figures can be trusted: how exact those at the top are, and whether the books balance.

import { signal } from "@preact/signals";
import { numberOf } from "../metrics.js";

/** @typedef {import("./model.js").Ledger} Books */

/** The outcomes of the copies that were received; every one has exactly one. */
const OUTCOMES = /** @type {const} */ (["counted", "duplicate", "bot", "late", "quarantined"]);

/** @param {Books} books */
export function sumOf(books) {
  return OUTCOMES.reduce((sum, outcome) => sum + (books[outcome] ?? 0), 0);
}

/** Whether the server's word and the reader's own addition agree. @param {Books} books */
export function balances(books) {
  return books.balanced && books.received === sumOf(books);
}

/** The largest error of a figure at the top, in percent of it: 0 where all are exact, null until there is one. @type {import("@preact/signals").Signal<number | null>} */
export const largestError = signal(null);

/** Notes how exact the answer is that the figures at the top are of. @param {import("../api/stats.js").Answer | null} answer */
export function noteExactness(answer) {
  const row = answer?.results[0];
  if (!row || !answer) largestError.value = null;
  else largestError.value = answer.meta.exact ? 0 : Math.max(0, ...row.metrics.map((m, i) => shareOf(row.errors?.[i], numberOf(m))));
}

/** @param {number | null | undefined} error @param {number | null} value */
function shareOf(error, value) {
  return error && value ? (100 * error) / Math.abs(value) : 0;
}
