// The list of sites, asked again and again: soon while there is none, seldom once there are some.

import { serverURL } from "./address.js";

const WHILE_NONE = 1_000;
const WHILE_SOME = 15_000;

/**
 * Calls onSites with [{id, tz, bots}] now and whenever the list was read again, and onError when it could not be read.
 * A page that nobody sees asks nothing.
 */
export async function watchSites(onSites, onError) {
  for (;;) {
    let wait = WHILE_NONE;
    if (!document.hidden) {
      try {
        const sites = await fetchSites();
        onSites(sites);
        if (sites.length > 0) wait = WHILE_SOME;
      } catch (error) {
        onError(error);
      }
    }
    await new Promise((done) => setTimeout(done, wait));
  }
}

async function fetchSites() {
  const answer = await fetch(serverURL("api/v1/sites"), { cache: "no-store" });
  if (!answer.ok) throw new Error(`list sites: HTTP ${answer.status}`);
  return (await answer.json()).sites ?? [];
}
