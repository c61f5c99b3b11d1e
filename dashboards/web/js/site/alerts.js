// Alerts of the period on show.

import { useEffect, useState } from "preact/hooks";
import { fetchAlerts } from "../api/alerts.js";
import { siteID } from "../state/sites.js";

const EVERY = 15_000;

/** @param {[string, string] | undefined} range  two times in ISO 8601 @returns {import("../api/alerts.js").AlertEvent[]} */
export function useAlerts(range) {
  const [events, setEvents] = useState(/** @type {import("../api/alerts.js").AlertEvent[]} */ ([]));
  const from = range ? coarse(Date.parse(range[0])) : 0;
  const to = range ? coarse(Date.parse(range[1])) + EVERY : 0;
  const site = siteID.value;
  useEffect(() => {
    if (!to || !site) return;
    const control = new AbortController();
    fetchAlerts(site, from, to, control.signal).then(setEvents, () => control.signal.aborted || setEvents([]));
    return () => control.abort();
  }, [site, from, to]);
  return events;
}

// The range of a live period moves all the time; asking again each time it does would be too often.
/** @param {number} ms */
function coarse(ms) {
  return Math.floor(ms / EVERY) * EVERY;
}
