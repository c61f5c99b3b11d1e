// The latest events as they are counted: a stream that can be stopped, to read it. While the past is replayed, those of that moment.

import { useEffect, useRef, useState } from "preact/hooks";
import { countryName, timeOfDay } from "../format.js";
import { html } from "../html.js";
import { calmly } from "../state/calmly.js";
import { isHeard, latestEvents } from "../state/live.js";
import { replayedTo } from "../state/scope.js";
import { zone } from "../state/sites.js";
import { Icon } from "../ui/Icon.js";
import { useStill } from "../ui/still.js";
import { hour } from "./hour.js";

/** @typedef {import("../api/live.js").LiveEvent} LiveEvent */

const ROWS = 10;

const PAUSE = 1_000; // ms: rows that change more often nobody reads

/** The latest events, as often as they can be read. @returns {LiveEvent[]} */
function useLatest() {
  const [latest, setLatest] = useState(() => latestEvents.peek());
  useEffect(() => calmly(() => latestEvents.value, PAUSE, setLatest), []);
  const until = replayedTo.value;
  if (until === null) return latest;
  return (hour.value?.events ?? []).filter((e) => e.t <= until);
}

export function Ticker() {
  const [stopped, setStopped] = useState(/** @type {LiveEvent[] | null} */ (null));
  const all = useLatest();
  const still = useStill();
  const missed = useRef({ last: /** @type {LiveEvent | undefined} */ (undefined), n: 0 });
  if (!stopped) missed.current = { last: all.at(-1), n: 0 };
  else if (all.at(-1) !== missed.current.last) {
    missed.current = { last: all.at(-1), n: missed.current.n + fresh(all, missed.current.last) };
  }
  const shown = (stopped ?? all).slice(-ROWS).reverse();
  // Rows stay where they are and are written anew: to move them, ten times a second, would be to move the page.
  return html`<section class="card ticker" id="ticker" aria-labelledby="ticker-title">
    <header class="card-head">
      <h2 id="ticker-title">Latest events</h2>
      ${stopped && missed.current.n > 0 && html`<span class="muted small num">${missed.current.n} since</span>`}
      <button type="button" class="button small" aria-pressed=${stopped !== null} title="Pause the stream (P)" onClick=${() => setStopped(stopped ? null : all)}>
        <${Icon} name=${stopped ? "play" : "pause"} />${stopped ? "Go on" : "Pause"}
      </button>
    </header>
    ${shown.length === 0 ? html`<p class="nothing">${isHeard.value ? "Nothing in the last few minutes. New events appear here at once." : ""}</p>` : html`<ol class="events">
      ${shown.map((e, i) => still(String(i), [e.t, e.name, e.page, e.source, e.country, zone.value], () => html`<li class="event" key=${i}>
        <time class="muted">${timeOfDay(e.t, zone.value)}</time>
        <span class="event-what">${e.name !== "pageview" && html`<b class="event-name">${e.name}</b> `}<bdi>${e.page}</bdi></span>
        <span class="event-from muted">${e.source && e.source !== "Direct / None" ? e.source : ""}</span>
        <span class="code" title=${countryName(e.country ?? "")}>${e.country ?? ""}</span>
      </li>`))}
    </ol>`}
  </section>`;
}

/** @param {LiveEvent[]} all @param {LiveEvent | undefined} last */
function fresh(all, last) {
  const at = last ? all.lastIndexOf(last) : -1;
  return all.length - 1 - at;
}
