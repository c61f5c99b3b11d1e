// Alerts of a site: what fired, and what has resolved since.

import { getJSON } from "./ask.js";

/** @typedef {{ id: string, rule: string, name: string, state: "firing" | "resolved", at: number, resolved_at?: number, value: number, message: string }} AlertEvent */

/**
 * The alerts between two times, in Unix milliseconds.
 * @param {string} site @param {number} from @param {number} to @param {AbortSignal} [signal] @returns {Promise<AlertEvent[]>}
 */
export async function fetchAlerts(site, from, to, signal) {
  return (await getJSON("api/v1/alerts", { site, from: String(from), to: String(to) }, signal)).events;
}
