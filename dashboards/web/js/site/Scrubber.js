// The scrubber: sets the live period back within the last hour, and plays it from there as if it were live. Every card follows, for all of them
// are answered from the same windows, by the time that is asked for.

import { useEffect, useRef, useState } from "preact/hooks";
import { timeOfDay } from "../format.js";
import { html } from "../html.js";
import { serverNow } from "../state/clock.js";
import { nowWindow, present } from "../state/live.js";
import { replayedTo } from "../state/scope.js";
import { knownID, zone } from "../state/sites.js";
import { shownWindows, WINDOW } from "../state/model.js";
import { Icon } from "../ui/Icon.js";
import { forgetHour, hour, readHour } from "./hour.js";

const HOUR = 3_600_000;
const TICK = 500;
const SPEEDS = [1, 10, 60];

export function Scrubber() {
  const [speed, setSpeed] = useState(10);
  const [playing, setPlaying] = useState(false);
  const slider = useRef(/** @type {HTMLInputElement | null} */ (null));
  const at = replayedTo.value;
  const site = knownID.value;
  const now = nowWindow.value || floor(serverNow());

  useEffect(() => {
    readHour(site);
    return () => {
      forgetHour();
      replayedTo.value = null;
    };
  }, [site]);

  useEffect(() => {
    if (!playing) return;
    const timer = setInterval(() => {
      const next = (replayedTo.peek() ?? 0) + TICK * speed;
      if (next >= serverNow()) back();
      else replayedTo.value = next;
    }, TICK);
    return () => clearInterval(timer);
  }, [playing, speed]);

  /** @param {number} to */
  function moveTo(to) {
    if (replayedTo.peek() === null) readHour(site);
    if (to >= now) back();
    else replayedTo.value = to;
  }

  function back() {
    setPlaying(false);
    replayedTo.value = null;
  }

  function play() {
    if (at === null) moveTo(now - HOUR / 2);
    setPlaying(!playing);
  }

  const shown = at ?? now;
  return html`<div class="scrubber" data-replaying=${at !== null}>
    <button type="button" class="button small" onClick=${play} title=${playing ? "Stop" : "Replay the last hour"}><${Icon} name=${playing ? "pause" : "play"} />${playing ? "Stop" : "Replay"}</button>
    <div class="scrubber-track">
      <${Past} now=${now} />
      <input type="range" ref=${slider} min=${now - HOUR} max=${now} step=${WINDOW} value=${shown} aria-label="Moment of the last hour" aria-valuetext=${at === null ? "Now" : timeOfDay(at, zone.value)}
        onInput=${(/** @type {Event} */ e) => moveTo(Number(/** @type {HTMLInputElement} */ (e.target).value))} onKeyDown=${(/** @type {Event} */ e) => e.stopPropagation()} />
    </div>
    <output class="scrubber-time num">${at === null ? "Now" : timeOfDay(at, zone.value)}</output>
    ${at !== null && html`<label class="unseen" for="speed">Speed</label><select id="speed" class="field small" value=${speed} onChange=${(/** @type {Event} */ e) => setSpeed(Number(/** @type {HTMLSelectElement} */ (e.target).value))}>
        ${SPEEDS.map((s) => html`<option key=${s} value=${s}>${s}×</option>`)}
      </select>
      <button type="button" class="button primary small" onClick=${() => (back(), slider.current?.focus())}>Back to now</button>`}
  </div>`;
}

/** @param {number} ms */
function floor(ms) {
  return Math.floor(ms / WINDOW) * WINDOW;
}

// How much there was, at a glance.
/** @param {{ now: number }} props */
function Past({ now }) {
  const known = new Map((hour.value?.windows ?? []).map((w) => [w.t, w.events]));
  const latest = present.peek(); // it is drawn anew with each window, not with each event
  if (latest) for (const w of shownWindows(latest)) known.set(w.t, w.events);
  const n = HOUR / WINDOW;
  const values = Array.from({ length: n }, (_, i) => known.get(now - (n - 1 - i) * WINDOW) ?? 0);
  const most = Math.max(...values, 1);
  const path = values.map((v, i) => (v > 0 ? `M${i + 0.5} 20v${(-20 * v / most).toFixed(1)}` : "")).join("");
  return html`<svg class="scrubber-past" viewBox="0 0 ${n} 20" preserveAspectRatio="none" aria-hidden="true"><path d=${path} /></svg>`;
}
