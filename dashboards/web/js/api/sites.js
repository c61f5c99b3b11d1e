// Sites, as the server lists them.

import { getJSON } from "./ask.js";

/** @typedef {{ name: string, event?: string, page?: string }} Goal */
/** @typedef {{ id: string, tz: string, bots: string, created_at: string, goals?: Goal[], visit_gap_s?: number, bounce?: string }} Site */

/** @param {AbortSignal} [signal] @returns {Promise<Site[]>} */
export async function fetchSites(signal) {
  return (await getJSON("api/v1/sites", {}, signal)).sites ?? [];
}
