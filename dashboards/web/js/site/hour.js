// The last hour, for replaying it: asked for when the scrubber is first touched, and kept while it is.

import { signal } from "@preact/signals";
import { fetchHour } from "../api/live.js";

/** @type {import("@preact/signals").Signal<import("../api/live.js").Hour | null>} */
export const hour = signal(null);

/** Reads the last hour of a site anew. @param {string} site "" while there is none to be asked about */
export async function readHour(site) {
  if (!site) return;
  try {
    hour.value = await fetchHour(site);
  } catch {
    // The figures can be replayed without it; only the events are missing.
  }
}

/** Forgets it. */
export function forgetHour() {
  hour.value = null;
}
