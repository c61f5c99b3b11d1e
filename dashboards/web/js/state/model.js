// What the page knows of a site's present, and how the server's messages change it. No document, no clock: plain values in and out.

/** @typedef {import("../api/live.js").LiveWindow} LiveWindow */
/** @typedef {import("../api/live.js").LiveEvent} LiveEvent */
/**
 * @typedef {object} Ledger
 * @property {number} [as_of]  when it was read, in a live view
 * @property {number} accepted
 * @property {number} received
 * @property {number} counted
 * @property {number} duplicate
 * @property {number} bot
 * @property {number} late
 * @property {number} quarantined
 * @property {number} in_transit
 * @property {number} redelivered
 * @property {boolean} balanced
 * @property {Record<string, number>} [reasons]
 */
/**
 * @typedef {object} Present
 * @property {number} as_of
 * @property {number} [lag_ms]
 * @property {number} [current_visitors]
 * @property {boolean} [current_exact]
 * @property {Map<number, { events: number, pageviews: number, visitors: number }>} windows  by their start
 * @property {Ledger} [ledger]
 * @property {LiveEvent[]} events  the newest, newest last
 */

/** Length of a base window, milliseconds. */
export const WINDOW = 10_000;

/** How many windows are kept: the last 10 minutes. */
export const SHOWN = 60;

/** How many of the latest events are kept. */
const EVENTS = 50;

const EMPTY_WINDOW = Object.freeze({ events: 0, pageviews: 0, visitors: 0 });

/** The state after a snapshot: nothing of what was before it. @param {any} message @returns {Present} */
export function fromSnapshot(message) {
  return fromDelta({ as_of: 0, windows: new Map(), events: [] }, message);
}

/**
 * The state after a delta. Its windows hold absolute values and replace what was there, so that a delta that comes twice
 * changes nothing; a field that is absent is unchanged. Events are those that are new.
 * @param {Present} state @param {any} message @returns {Present}
 */
export function fromDelta(state, message) {
  const { windows: changed = [], events: fresh = [], ...rest } = message;
  const windows = new Map(state.windows);
  for (const { t, ...totals } of changed) windows.set(t, totals);
  const events = fresh.length > 0 ? [...state.events, ...fresh].slice(-EVENTS) : state.events;
  const next = { ...state, ...rest, windows, events };
  if (sameBooks(state.ledger, next.ledger)) next.ledger = state.ledger; // what is the same stays the same object
  forgetBefore(windows, firstShown(next));
  return next;
}

/** @param {Ledger | undefined} a @param {Ledger | undefined} b */
function sameBooks(a, b) {
  return a === b || JSON.stringify(a) === JSON.stringify(b);
}

/** @param {Map<number, unknown>} windows @param {number} first */
function forgetBefore(windows, first) {
  for (const t of windows.keys()) if (t < first) windows.delete(t);
}

/** The start of the window that is still filling. @param {Present} state */
export function openWindow(state) {
  return Math.floor(state.as_of / WINDOW) * WINDOW;
}

/** @param {Present} state */
function firstShown(state) {
  return openWindow(state) - (SHOWN - 1) * WINDOW;
}

/** Every window of the last 10 minutes, oldest first, empty ones too. @param {Present} state @returns {LiveWindow[]} */
export function shownWindows(state) {
  const first = firstShown(state);
  return Array.from({ length: SHOWN }, (_, i) => {
    const t = first + i * WINDOW;
    return { t, ...EMPTY_WINDOW, ...state.windows.get(t) };
  });
}

/** Whether anything was ever sent to the site. @param {Present} state */
export function isUntouched(state) {
  const { accepted = 0, received = 0 } = state.ledger ?? {};
  return accepted === 0 && received === 0 && state.windows.size === 0;
}
