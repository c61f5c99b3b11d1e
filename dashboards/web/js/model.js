// What the page knows of a site, and how the server's messages change it. No document, no clock: plain values in and out.

/** Length of a base window, milliseconds. */
export const WINDOW = 10_000;

/** How many windows the chart shows: the last 10 minutes. */
export const SHOWN = 60;

const EMPTY_WINDOW = Object.freeze({ events: 0, pageviews: 0, visitors: 0 });

/** The state after a snapshot: nothing of what was before it. */
export function fromSnapshot(message) {
  return fromDelta({ windows: new Map() }, message);
}

/**
 * The state after a delta. Its windows hold absolute values and replace what was there, so that a delta that comes twice
 * changes nothing; a field that is absent is unchanged.
 */
export function fromDelta(state, message) {
  const { windows: changed = [], ...rest } = message;
  const windows = new Map(state.windows);
  for (const { t, ...totals } of changed) windows.set(t, totals);
  const next = { ...state, ...rest, windows };
  forgetBefore(windows, firstShown(next));
  return next;
}

function forgetBefore(windows, first) {
  for (const t of windows.keys()) if (t < first) windows.delete(t);
}

/** The start of the window that is still filling. */
export function openWindow(state) {
  return Math.floor(state.as_of / WINDOW) * WINDOW;
}

function firstShown(state) {
  return openWindow(state) - (SHOWN - 1) * WINDOW;
}

/** Every window on show, oldest first, empty ones too. */
export function shownWindows(state) {
  const first = firstShown(state);
  return Array.from({ length: SHOWN }, (_, i) => {
    const t = first + i * WINDOW;
    return { t, ...EMPTY_WINDOW, ...state.windows.get(t) };
  });
}

/** The shown windows by minute of the clock, newest first. */
export function shownMinutes(state) {
  const minutes = new Map();
  for (const { t, events, pageviews } of shownWindows(state)) {
    const start = t - (t % 60_000);
    const sum = minutes.get(start) ?? { t: start, events: 0, pageviews: 0 };
    minutes.set(start, { t: start, events: sum.events + events, pageviews: sum.pageviews + pageviews });
  }
  return [...minutes.values()].reverse();
}

/** Sums over the shown windows. Visitors are left out: one visitor is in many windows. */
export function shownTotals(state) {
  const totals = { events: 0, pageviews: 0 };
  for (const { events, pageviews } of shownWindows(state)) {
    totals.events += events;
    totals.pageviews += pageviews;
  }
  return totals;
}

/** Whether anything was ever sent to the site. */
export function isUntouched(state) {
  const { accepted = 0, received = 0 } = state.ledger ?? {};
  return accepted === 0 && received === 0 && state.windows.size === 0;
}
