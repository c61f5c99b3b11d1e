// The keys of the site view. They are the page's own only while nobody writes, and no window is open above it.

import { choice, choose } from "../state/choice.js";
import { addFilter, edited } from "./Filters.js";
import { choosePeriod, PERIOD_KEYS, stepPeriod } from "./PeriodMenu.js";

/** Listens until the function that it returns is called. @param {{ onHelp: () => void }} actions */
export function listenToKeys({ onHelp }) {
  /** @type {Record<string, () => void>} */
  const keys = {
    "/": addFilter,
    "?": onHelp,
    x: () => choose({ compare: choice.value.compare ? "" : "previous" }),
    p: () => /** @type {HTMLElement | null} */ (document.querySelector("#ticker button"))?.click(),
    escape: () => choice.value.filters.length > 0 && choose({ filters: [] }),
    arrowleft: () => stepPeriod(isRTL() ? 1 : -1),
    arrowright: () => stepPeriod(isRTL() ? -1 : 1),
  };
  for (const [name, key] of PERIOD_KEYS) keys[key.toLowerCase()] = () => choosePeriod({ name });

  /** @param {KeyboardEvent} event */
  function onKey(event) {
    const action = keys[event.key.toLowerCase()];
    if (!action || event.defaultPrevented || event.metaKey || event.ctrlKey || event.altKey || isBusy(event.target)) return;
    event.preventDefault();
    action();
  }
  document.addEventListener("keydown", onKey);
  return () => document.removeEventListener("keydown", onKey);
}

/** @param {EventTarget | null} target */
function isBusy(target) {
  const element = /** @type {Element | null} */ (target);
  return edited.value !== null || document.querySelector("dialog[open]") !== null || element?.closest?.("input, select, textarea, [contenteditable], .menu-list, .scroll") != null;
}

function isRTL() {
  return getComputedStyle(document.documentElement).direction === "rtl";
}
