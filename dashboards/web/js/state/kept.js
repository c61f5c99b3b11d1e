// Lists that are kept in this browser.

import { signal } from "@preact/signals";

const changed = signal(0);

/**
 * The list that is kept at a place; whoever shows it is drawn anew when it changes.
 * @param {string} place @param {(item: any) => boolean} isItem  tells items from what others may have left there @returns {any[]}
 */
export function keptList(place, isItem) {
  changed.value;
  try {
    const kept = JSON.parse(localStorage.getItem(place) ?? "[]");
    return Array.isArray(kept) ? kept.filter(isItem) : [];
  } catch {
    return [];
  }
}

/** @param {string} place @param {unknown[]} list */
export function keepList(place, list) {
  localStorage.setItem(place, JSON.stringify(list));
  changed.value++;
}
