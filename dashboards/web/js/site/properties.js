// Which properties events have: those that the server knows of, and those that the reader named, remembered for each site in this browser.

import { postJSON } from "../api/ask.js";
import { keepList, keptList } from "../state/kept.js";

const MOST = 60;
const LATELY = "28d";

/** @param {string} site */
const place = (site) => `streamgauge.properties.${site}`;

/** The keys that are known for a site, in order of their names. @param {string} site @returns {string[]} */
export function knownProperties(site) {
  return keptList(place(site), (k) => typeof k === "string");
}

/** Remembers keys of a site. @param {string} site @param {string[]} keys */
export function rememberProperties(site, keys) {
  const before = knownProperties(site);
  const all = [...new Set([...before, ...keys])].sort().slice(0, MOST);
  if (all.length === before.length) return;
  keepList(place(site), all);
}

/** Asks which properties the site's events had lately. Where the server does not tell, nothing is learnt. @param {string} site @param {AbortSignal} signal */
export async function learnProperties(site, signal) {
  try {
    const { results } = await postJSON("api/v2/properties", { site_id: site, date_range: LATELY }, signal);
    rememberProperties(site, results);
  } catch {
    // it does not answer, or the page has gone on
  }
}
