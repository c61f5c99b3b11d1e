// The present of the site on show, as its live view tells it, for all parts of the page.

import { batch, computed, effect, signal } from "@preact/signals";
import { followLive } from "../api/live.js";
import { paced } from "./calmly.js";
import { setClock } from "./clock.js";
import { fromDelta, fromSnapshot, isUntouched, openWindow } from "./model.js";
import { knownID } from "./sites.js";

/** @typedef {import("./model.js").Present} Present */

/** What is known of the site's present; null until its first message. @type {import("@preact/signals").Signal<Present | null>} */
export const present = signal(null);

/** @type {import("@preact/signals").Signal<import("../api/live.js").Connection>} */
export const connection = signal("connecting");

/** Grows whenever something was counted: whoever shows figures that include the present asks again. */
export const pulse = signal(0);

/** When the last message came, by performance.now(). */
export const heardAt = signal(0);

// What parts of the page show of the present, each for itself: what did not change makes nobody draw anew.

export const currentVisitors = computed(() => present.value?.current_visitors);
export const currentExact = computed(() => present.value?.current_exact ?? true);
export const lag = computed(() => present.value?.lag_ms);
export const ledger = computed(() => present.value?.ledger ?? null);
/** Of when the books are, by performance.now(): where the page polls, they may be older than the rest. */
export const booksAt = computed(() => heardAt.value - Math.max(0, (present.value?.as_of ?? 0) - (present.value?.ledger?.as_of ?? present.value?.as_of ?? 0)));
export const latestEvents = computed(() => present.value?.events ?? NONE);
export const untouched = computed(() => present.value !== null && isUntouched(present.value));
export const nowWindow = computed(() => (present.value ? openWindow(present.value) : 0));
export const isHeard = computed(() => present.value !== null);

/** @type {import("./model.js").LiveEvent[]} */
const NONE = [];

/** @type {(() => void) | null} */
let stopFollowing = null;

/** Follows the live view of whichever site is on show, from now on. */
export function followPresent() {
  stopFollowing ??= effect(() => {
    const id = knownID.value; // the site itself is another one when its goals change
    pace.stop();
    told = [];
    batch(() => {
      present.value = null;
      connection.value = "connecting";
    });
    return id ? followLive(id, receive, (state) => (connection.value = state)) : undefined;
  });
}

const PAUSE = 250; // a busy site sends ten messages a second, more than anybody reads

/** What was told and is not shown yet, the newest last. @type {{ kind: "snapshot" | "delta", message: any }[]} */
let told = [];
const pace = paced(PAUSE, show);

/** @param {"snapshot" | "delta"} kind @param {any} message */
function receive(kind, message) {
  if (kind === "snapshot") told = []; // it says all there is to know
  told.push({ kind, message });
  setClock(message.as_of);
  pace.soon();
}

function show() {
  const before = present.peek();
  const next = told.reduce((state, { kind, message }) => (kind === "snapshot" || !state ? fromSnapshot(message) : fromDelta(state, message)), before);
  const counted = told.some(({ kind, message }) => kind === "snapshot" || message.windows?.length > 0);
  told = [];
  // Also where nothing happens, time goes on: what is shown of the present moves by whole windows.
  const moved = !before || openWindow(/** @type {Present} */ (next)) !== openWindow(before);
  batch(() => {
    present.value = next;
    heardAt.value = performance.now();
    if (counted || moved) pulse.value++;
  });
}
