// What the inspector has seen, newest first, as a signal; paused, what comes waits.

import { batch, signal } from "@preact/signals";
import { followInspect } from "../api/inspect.js";

/** @typedef {import("../api/inspect.js").Entry} Entry */

const KEPT = 500;

/** @type {import("@preact/signals").Signal<Entry[]>} */
export const entries = signal([]);

/** What came while paused, newest first. @type {import("@preact/signals").Signal<Entry[]>} */
export const waiting = signal([]);

export const paused = signal(false);

/** @type {import("@preact/signals").Signal<import("../api/inspect.js").InspectState>} */
export const connection = signal("connecting");

/** Follows the door for a site, or all, until the function that it returns is called. Of a site that the server does not know yet it cannot be asked: then all is followed, and
 * what is of others left out. @param {string} site @param {boolean} known */
export function follow(site, known) {
  clear();
  connection.value = "connecting";
  /** @type {Entry[]} */
  let fresh = [];
  let frame = 0;
  // Many may come in one moment: they are shown together.
  const show = () => {
    frame = 0;
    const to = paused.peek() ? waiting : entries;
    to.value = [...fresh.reverse(), ...to.peek()].slice(0, KEPT);
    fresh = [];
  };
  const end = followInspect(known ? site : "", (entry) => {
    if (site && entry.site !== site) return;
    fresh.push(entry);
    frame ||= requestAnimationFrame(show);
  }, (state) => (connection.value = state));
  return () => {
    cancelAnimationFrame(frame);
    end();
  };
}

export function clear() {
  batch(() => {
    entries.value = [];
    waiting.value = [];
  });
}

/** Stops and goes on; what waited is shown then. */
export function turn() {
  batch(() => {
    paused.value = !paused.value;
    if (paused.value) return;
    entries.value = [...waiting.value, ...entries.value].slice(0, KEPT);
    waiting.value = [];
  });
}
