// The list of sites, asked again and again: soon while there is none, seldom once there are some.

import { computed, signal } from "@preact/signals-core";
import { fetchSites, listed } from "../api/sites.js";
import { route } from "../route.js";

const WHILE_NONE = 1_000;
const WHILE_SOME = 15_000;

/** @typedef {import("../api/sites.js").Site} Site */

/** What the server lists; null until it has answered. @type {import("@preact/signals-core").Signal<Site[] | null>} */
export const sites = signal(known());

/** Why the list could not be read the last time; null where it could. @type {import("@preact/signals-core").Signal<Error | null>} */
export const sitesFault = signal(null);

/** The id of the site on show: the one that the address names, else the first; "" where there is none. */
export const siteID = computed(() => route.value.site || sites.value?.[0]?.id || "");

/** The site on show; null where the server does not know it, or has not said. */
export const site = computed(() => sites.value?.find((s) => s.id === siteID.value) ?? null);

/** Its id as long as the server knows it, else "": what may be asked about. */
export const knownID = computed(() => site.value?.id ?? "");

/** The time zone of the site on show. */
export const zone = computed(() => site.value?.tz || "UTC");

/** @type {Promise<void> | null} */
let first = null;

/** Keeps the list up to date from now on; a page that nobody sees asks nothing. Returns when it was read, or could not be. */
export function followSites() {
  if (first) return first;
  first = sites.peek() ? Promise.resolve() : refreshSites();
  first.then(follow);
  return first;
}

// The server puts what it lists into the page.
function known() {
  const told = document.getElementById("sites")?.textContent;
  return told ? listed(JSON.parse(told)) : null;
}

async function follow() {
  for (;;) {
    await new Promise((done) => setTimeout(done, sites.value?.some((s) => s.id === siteID.value) ? WHILE_SOME : WHILE_NONE));
    if (!document.hidden) await refreshSites();
  }
}

/** Reads the list now. */
async function refreshSites() {
  try {
    const list = await fetchSites();
    if (JSON.stringify(list) !== JSON.stringify(sites.value)) sites.value = list;
    sitesFault.value = null;
  } catch (fault) {
    sitesFault.value = /** @type {Error} */ (fault);
  }
}
