// Alerts of the period on show.

import { useEffect, useState } from "preact/hooks";
import { fetchAlerts } from "../api/alerts.js";
import { serverNow } from "../state/clock.js";
import { siteID } from "../state/sites.js";

const EVERY = 15_000;

/** @typedef {import("../api/alerts.js").AlertEvent} AlertEvent */

/** The alerts between two times, asked for again as long as there may be more of them. @param {[string, string] | undefined} range  in ISO 8601 @returns {AlertEvent[]} */
export function useAlerts(range) {
  const [known, setKnown] = useState({ site: "", events: /** @type {AlertEvent[]} */ ([]) });
  const from = range ? coarse(Date.parse(range[0])) : 0;
  const to = range ? coarse(Date.parse(range[1])) + EVERY : 0;
  const site = siteID.value;
  useEffect(() => {
    if (!to || !site) return;
    const control = new AbortController();
    let timer = 0;
    const ask = async () => {
      if (!document.hidden) {
        const events = await fetchAlerts(site, from, to, control.signal).catch(() => []);
        if (control.signal.aborted) return;
        setKnown((before) => (before.site === site && JSON.stringify(before.events) === JSON.stringify(events) ? before : { site, events }));
      }
      if (to > serverNow()) timer = /** @type {any} */ (setTimeout(ask, EVERY));
    };
    ask();
    return () => {
      control.abort();
      clearTimeout(timer);
    };
  }, [site, from, to]);
  return known.site === site ? known.events : NONE;
}

/** @type {AlertEvent[]} */
const NONE = [];

// The range of a live period moves all the time; asking again each time it does would be too often.
/** @param {number} ms */
function coarse(ms) {
  return Math.floor(ms / EVERY) * EVERY;
}
