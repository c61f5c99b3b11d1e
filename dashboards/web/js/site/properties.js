// Which properties events have. The API does not list them, so the page remembers those that it has seen or was told, for each site, in this browser.

import { getJSON } from "../api/ask.js";
import { keepList, keptList } from "../state/kept.js";

const MOST = 60;

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

/** Looks which properties the latest events of the site have. Where the server does not tell, nothing is learnt. @param {string} site @param {AbortSignal} signal */
export async function learnProperties(site, signal) {
  try {
    const latest = /** @type {import("../api/inspect.js").Entry[]} */ (await getJSON("api/v1/inspect", { site }, signal));
    rememberProperties(site, latest.flatMap((e) => Object.keys(propsOf(e.event))));
  } catch {
    // events do not come in at this server, or it does not answer
  }
}

/** @param {string} event  as it was received */
function propsOf(event) {
  try {
    return JSON.parse(event)?.props ?? {};
  } catch {
    return {}; // it was cut
  }
}
