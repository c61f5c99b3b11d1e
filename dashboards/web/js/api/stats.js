// The Stats API: what docs/API.md says, as types and calls.

import { serverURL } from "../route.js";
import { postJSON } from "./ask.js";

/** @typedef {string | [string, string]} DateRange */
/** @typedef {unknown[]} Filter  as ["is", "visit:country", ["DE"]] */
/**
 * @typedef {object} Query
 * @property {string} site_id
 * @property {DateRange} date_range
 * @property {string[]} metrics
 * @property {string[]} [dimensions]
 * @property {Filter[]} [filters]
 * @property {[string, string][]} [order_by]
 * @property {{ time_labels?: boolean, total_rows?: boolean, comparisons?: { mode: string, to_date?: boolean } }} [include]
 * @property {{ limit?: number, offset?: number }} [pagination]
 */
/** @typedef {{ value: number, currency: string, short: string, long: string }} Money */
/** @typedef {number | Money | Money[] | null} Value */
/** @typedef {{ metrics: Value[], change: (number | null)[] }} Comparison */
/** @typedef {{ dimensions: string[], metrics: Value[], errors?: (number | null)[], comparison?: Comparison }} Row */
/**
 * @typedef {object} Meta
 * @property {boolean} exact
 * @property {number} sample_fraction
 * @property {string} as_of
 * @property {number} lag_ms
 * @property {number} incomplete_windows
 * @property {number} revision
 * @property {string[]} [time_labels]
 * @property {number} [total_rows]
 */
/** @typedef {{ results: Row[], meta: Meta, query: Query & { date_range: [string, string] } }} Answer */
/** @typedef {{ value: number | null, error?: number }} Figure */
/** @typedef {{ steps: { visitors: Figure, rate: Figure, step_rate: Figure }[], meta: Meta }} FunnelAnswer */
/** @typedef {{ results: { page: string, pageviews: Figure }[], meta: Meta }} JourneyAnswer */
/** @typedef {{ cohorts: { start: string, visitors: Figure[] }[], meta: Meta }} RetentionAnswer */

export const QUERY = "api/v2/query";
export const FUNNEL = "api/v2/funnel";
export const JOURNEY = "api/v2/journey";
export const RETENTION = "api/v2/retention";

/** @param {Query} query @param {AbortSignal} [signal] @returns {Promise<Answer>} */
export function fetchQuery(query, signal) {
  return postJSON(QUERY, query, signal);
}

/** The address of a query's answer as comma-separated values. @param {Query} query */
export function csvAddress(query) {
  return serverURL("api/v2/query.csv", { query: JSON.stringify(query) }).href;
}
