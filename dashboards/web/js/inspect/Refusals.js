// What the doors refused in the last hour, by the field that was wrong: all of it, and of all doors, where the list is a selection of what this one saw.

import { fetchLedger } from "../api/ledger.js";
import { html } from "../html.js";
import { Refused } from "../pipeline/Refused.js";
import { address, go } from "../route.js";
import { usePoll } from "../state/poll.js";

const HOUR = 3_600_000;
const EVERY = 5_000;

/** @param {{ site: string }} props */
export function Refusals({ site }) {
  const { value } = usePoll((signal) => fetchLedger(site, Date.now() - HOUR, signal), EVERY, [site]);
  if (!value || value.refused.events === 0) return null;
  return html`<section class="card inspect-refused" aria-label="Refused in the last hour">
    <${Refused} refused=${value.refused} span="in the last hour" onOpen=${() => go(address("pipeline", site, new URLSearchParams({ span: "hour" })))} />
  </section>`;
}
