// The books of a site, or of all, and samples of what became of copies.

import { getJSON } from "./ask.js";

/** @typedef {"counted" | "duplicate" | "bot" | "late" | "quarantined" | "invalid"} Outcome */
/** @typedef {{ events: number, rows: { field: string, reason: string, n: number, last?: number }[] }} Refused  what the doors refused, and how often which field was why */
/** @typedef {import("../state/model.js").Ledger & { refused: Refused }} Ledger */
/**
 * @typedef {object} Sample
 * @property {number} at  when it had its outcome
 * @property {number} [t]  its own time
 * @property {string} [id]
 * @property {string} [name]
 * @property {string} [page]
 * @property {string} [reason]
 * @property {string} [field]  that failed first
 * @property {import("./inspect.js").FieldError[]} [errors]  all that was wrong, of an invalid one
 * @property {string} [shard]
 * @property {string} [sequence_number]
 * @property {string} [event]  as received, cut at 4 KiB
 */
/** @typedef {{ samples: Sample[], available: boolean }} Samples */
/** @typedef {{ reason?: string, field?: string | null }} Narrowed  reason is "" for any; field is null for any, and "" for the event as a whole */

/** The books since a time, or from the beginning where that is 0. @param {string} site "" for all @param {number} from Unix milliseconds @param {AbortSignal} [signal] @returns {Promise<Ledger>} */
export function fetchLedger(site, from, signal) {
  /** @type {Record<string, string>} */
  const query = {};
  if (site) query.site = site;
  if (from > 0) query.from = new Date(from).toISOString();
  return getJSON("api/v1/ledger", query, signal);
}

/** The newest of an outcome. @param {string} site "" for all @param {Outcome} outcome @param {Narrowed} narrowed @param {AbortSignal} [signal] @returns {Promise<Samples>} */
export function fetchSamples(site, outcome, { reason = "", field = null }, signal) {
  return getJSON("api/v1/ledger/samples", { ...(site && { site }), outcome, ...(reason && { reason }), ...(field !== null && { field }) }, signal);
}
