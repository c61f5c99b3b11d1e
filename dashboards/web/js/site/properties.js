// Which properties events have. The API does not list them, so the page remembers those that it has seen or was told, for each site, in this browser.

import { signal } from "@preact/signals";
import { getJSON } from "../api/ask.js";
import { siteID } from "../state/sites.js";

const MOST = 60;
const changed = signal(0);

/** @param {string} site */
const place = (site) => `streamgauge.properties.${site}`;

/** The keys that are known for the site on show, in order of their names. @returns {string[]} */
export function knownProperties() {
  changed.value;
  try {
    const kept = JSON.parse(localStorage.getItem(place(siteID.value)) ?? "[]");
    return Array.isArray(kept) ? kept.filter((k) => typeof k === "string") : [];
  } catch {
    return [];
  }
}

/** Remembers keys of a site. @param {string} site @param {string[]} keys */
export function rememberProperties(site, keys) {
  const before = knownProperties();
  const all = [...new Set([...before, ...keys])].sort().slice(0, MOST);
  if (all.length === before.length) return;
  localStorage.setItem(place(site), JSON.stringify(all));
  changed.value++;
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
