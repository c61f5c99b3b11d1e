// The page's own arithmetic, without a browser: node --test.

import assert from "node:assert/strict";
import { test } from "node:test";
import { count, percent, span } from "../../dashboards/web/js/format.js";
import {
  fromDelta, fromSnapshot, isUntouched, openWindow, SHOWN, shownMinutes, shownTotals, shownWindows, WINDOW,
} from "../../dashboards/web/js/model.js";
import { niceTop, steps } from "../../dashboards/web/js/views/scale.js";

const NOW = 1_795_000_003_400;
const OPEN = 1_795_000_000_000;

const snapshot = (fields = {}) => fromSnapshot({ site: "demo", as_of: NOW, windows: [], ...fields });
const at = (state, t) => shownWindows(state).find((w) => w.t === t);

test("a snapshot forgets what was before it", () => {
  const state = fromSnapshot({ as_of: NOW, windows: [{ t: OPEN, events: 2, pageviews: 1, visitors: 1 }] });
  assert.deepEqual(at(state, OPEN), { t: OPEN, events: 2, pageviews: 1, visitors: 1 });
  assert.equal(state.pages, undefined);
});

test("a delta replaces windows, and leaves absent fields as they were", () => {
  const before = snapshot({ pages: [{ page: "/", pageviews: 1 }], current_visitors: 3, windows: [{ t: OPEN, events: 2 }] });
  const after = fromDelta(before, { as_of: NOW + 1000, current_visitors: 4, windows: [{ t: OPEN, events: 5 }] });
  assert.equal(at(after, OPEN).events, 5);
  assert.deepEqual(after.pages, before.pages);
  assert.equal(after.current_visitors, 4);
  assert.equal(at(before, OPEN).events, 2, "the state before is not changed");
});

test("there are always 60 windows, in order, the open one last", () => {
  const shown = shownWindows(snapshot());
  assert.equal(shown.length, SHOWN);
  assert.equal(shown.at(-1).t, OPEN);
  assert.equal(openWindow(snapshot()), OPEN);
  shown.forEach((w, i) => assert.equal(w.t, OPEN - (SHOWN - 1 - i) * WINDOW));
});

test("what leaves the 10 minutes is forgotten, what is ahead of them waits", () => {
  const oldest = OPEN - (SHOWN - 1) * WINDOW;
  const ahead = OPEN + WINDOW;
  const state = snapshot({ windows: [{ t: oldest - WINDOW, events: 1 }, { t: oldest, events: 1 }, { t: ahead, events: 1 }] });
  assert.deepEqual([...state.windows.keys()], [oldest, ahead]);
  assert.equal(shownTotals(state).events, 1);
  const later = fromDelta(state, { as_of: NOW + WINDOW });
  assert.deepEqual([...later.windows.keys()], [ahead]);
  assert.equal(at(later, ahead).events, 1);
});

// The naive twin adds one event at a time and always tells everything; the page hears deltas, some of them twice.
test("deltas, doubled or not, come to what a snapshot says", () => {
  const seed = Date.now() % 1_000_000;
  const random = generator(seed);
  const truth = new Map();
  let state = snapshot();
  for (let now = NOW; now < NOW + 1_200_000; now += 700) {
    const changed = new Set();
    for (let i = random(4); i > 0; i--) {
      const t = Math.floor((now - random(90_000)) / WINDOW) * WINDOW;
      const w = truth.get(t) ?? { t, events: 0, pageviews: 0, visitors: 0 };
      truth.set(t, { ...w, events: w.events + 1, pageviews: w.pageviews + random(2), visitors: w.visitors + random(2) });
      changed.add(t);
    }
    const message = { as_of: now, windows: [...changed].map((t) => truth.get(t)) };
    for (let copies = 1 + random(2); copies > 0; copies--) state = fromDelta(state, message);
    const whole = fromSnapshot({ as_of: now, windows: [...truth.values()] });
    assert.deepEqual(shownWindows(state), shownWindows(whole), `seed ${seed}`);
  }
});

test("minutes are the windows, newest first", () => {
  const minute = OPEN - (OPEN % 60_000);
  const state = snapshot({
    windows: [{ t: minute - WINDOW, events: 1, pageviews: 1 }, { t: minute, events: 2, pageviews: 1 }, { t: OPEN, events: 4, pageviews: 0 }],
  });
  assert.deepEqual(shownMinutes(state).slice(0, 2), [
    { t: minute, events: 6, pageviews: 1 },
    { t: minute - 60_000, events: 1, pageviews: 1 },
  ]);
});

test("a site is untouched until something was accepted, received or counted", () => {
  assert.equal(isUntouched(snapshot({ ledger: { accepted: 0, received: 0 } })), true);
  assert.equal(isUntouched(snapshot({ ledger: { accepted: 1, received: 0 } })), false);
  assert.equal(isUntouched(snapshot({ ledger: { accepted: 0, received: 1 } })), false);
  assert.equal(isUntouched(snapshot({ windows: [{ t: OPEN, events: 1 }] })), false);
});

test("axes have few whole, round steps, and nothing stands above the last", () => {
  for (let most = 0; most < 5000; most++) {
    const top = niceTop(most);
    const lines = steps(top);
    assert.ok(top >= most && lines.at(-1) === top, `${most}: ${lines}`);
    assert.ok(lines.length >= 3 && lines.length <= 6, `${most}: ${lines}`);
    assert.ok(lines.every(Number.isInteger), `${most}: ${lines}`);
  }
});

test("numbers and spans are short and say what they are", () => {
  const plain = (text) => text.replaceAll("\u00a0", " ").replace(",", ".");
  assert.match(count(7, false), /^≈/);
  assert.equal(percent(1, 0), "");
  assert.equal(percent(0, 1), "");
  assert.match(plain(percent(1, 1_000_000)), /^< 0\.1/);
  assert.equal(plain(span(400)), "0.4 s");
  assert.equal(plain(span(-5)), "0.0 s");
  assert.equal(plain(span(9_940)), "9.9 s");
  assert.equal(plain(span(9_950)), "10 s");
  assert.equal(plain(span(119_000)), "119 s");
  assert.equal(plain(span(180_000)), "3 min");
  assert.equal(plain(span(7_200_000)), "2 h");
});

// A small generator of whole numbers below n (mulberry32), so that a seed repeats a run.
function generator(seed) {
  return (n) => {
    seed = (seed + 0x6d2b79f5) | 0;
    let x = Math.imul(seed ^ (seed >>> 15), 1 | seed);
    x = (x + Math.imul(x ^ (x >>> 7), 61 | x)) ^ x;
    return ((x ^ (x >>> 14)) >>> 0) % n;
  };
}
