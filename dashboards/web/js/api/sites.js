// Sites, as the server lists them.

import { getJSON } from "./ask.js";

/** @typedef {{ name: string, event?: string, page?: string }} Goal */
/** @typedef {{ id: string, tz: string, bots: string, created_at: string, goals?: Goal[], visit_gap_s?: number, bounce?: string, imports?: number }} Site */

/** @param {AbortSignal} [signal] @returns {Promise<Site[]>} */
export async function fetchSites(signal) {
  return listed(await getJSON("api/v1/sites", {}, signal));
}

/** The sites of an answer. @param {any} answer @returns {Site[]} */
export function listed(answer) {
  return answer.sites ?? [];
}
