// The reader's choice: read from the address, written to the address.

import { computed } from "@preact/signals-core";
import { filterOf, readChoice, writeChoice } from "../choice.js";
import { address, go, route } from "../route.js";
import { siteID } from "./sites.js";

/** @typedef {import("../choice.js").Choice} Choice */

/** What is chosen now. It stays the same object while the address says the same. */
export const choice = computed(() => readChoice(route.value.params));

/** The conditions of the choice, as the Stats API takes them; the same list while they are the same. */
export const filters = computed(() => choice.value.filters.map(filterOf));

/** The address of the site view with that changed. @param {Partial<Choice>} changes @param {string} [site] */
export function addressOf(changes, site = siteID.value) {
  return address("site", site, writeChoice({ ...choice.value, ...changes }));
}

/** Changes the choice, as a step in the history. @param {Partial<Choice>} changes @param {{ replace?: boolean }} [how] */
export function choose(changes, how) {
  go(addressOf(changes), how);
}

/** Chooses the tab of a card; the first one is not said. @param {string} card @param {string} tab */
export function chooseTab(card, tab) {
  const tabs = { ...choice.value.tabs };
  if (tab) tabs[card] = tab;
  else delete tabs[card];
  choose({ tabs }, { replace: true });
}
