// Which properties events have. The API does not list them, so the page remembers those that it has seen or was told, for each site, in this browser.

import { signal } from "@preact/signals";
import { getIfThere } from "../api/ask.js";
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
    const latest = await getIfThere("api/v1/inspect", { site }, signal);
    const list = Array.isArray(latest) ? latest : (latest?.events ?? []);
    rememberProperties(site, list.flatMap((/** @type {any} */ e) => Object.keys(eventOf(e)?.props ?? {})));
  } catch {
    // an older server, or one without a door
  }
}

/** @param {any} entry */
function eventOf(entry) {
  if (typeof entry?.event !== "string") return entry?.event;
  try {
    return JSON.parse(entry.event);
  } catch {
    return null; // it was cut
  }
}
