// The page's own arithmetic, without a browser: node --test.

import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { test } from "node:test";
import { addDays, addMonths, instantOf, wallTime } from "../../dashboards/web/js/calendar.js";
import { readChoice, readCondition, toggleFilter, writeChoice, writeCondition } from "../../dashboards/web/js/choice.js";
import { change, count, duration, percent, span, tolerance } from "../../dashboards/web/js/format.js";
import { datesOf, onDates, rangeBefore, rangeOf, shifted } from "../../dashboards/web/js/period.js";
import { fromDelta, fromSnapshot, isUntouched, openWindow, SHOWN, shownWindows, WINDOW } from "../../dashboards/web/js/state/model.js";
import { bucketOf, gridLines, seriesOf } from "../../dashboards/web/js/site/series.js";

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
  assert.equal(shownWindows(state).reduce((sum, w) => sum + w.events, 0), 1);
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

test("a site is untouched until something was accepted, received or counted", () => {
  assert.equal(isUntouched(snapshot({ ledger: { accepted: 0, received: 0 } })), true);
  assert.equal(isUntouched(snapshot({ ledger: { accepted: 1, received: 0 } })), false);
  assert.equal(isUntouched(snapshot({ ledger: { accepted: 0, received: 1 } })), false);
  assert.equal(isUntouched(snapshot({ windows: [{ t: OPEN, events: 1 }] })), false);
});

test("axes have few whole, round steps, and nothing stands above the last", () => {
  for (let most = 0; most < 5000; most++) {
    const lines = gridLines(most, true);
    assert.ok(lines.at(-1) >= most, `${most}: ${lines}`);
    assert.ok(lines.length >= 3 && lines.length <= 6, `${most}: ${lines}`);
    assert.ok(lines.every(Number.isInteger), `${most}: ${lines}`);
  }
  for (const most of [0.004, 0.17, 1.3, 47.5, 99.9, 12_345.6]) assert.ok(gridLines(most, false).at(-1) >= most && gridLines(most, false).length <= 6, String(most));
});

test("events are those that are new, and the oldest are let go", () => {
  let state = snapshot({ events: [{ t: 1 }] });
  for (let t = 2; t <= 60; t++) state = fromDelta(state, { as_of: NOW, events: [{ t }] });
  assert.deepEqual(state.events.map((e) => e.t), Array.from({ length: 50 }, (_, i) => 11 + i));
  assert.equal(fromDelta(state, { as_of: NOW }).events, state.events, "what did not change is the same object");
});

test("a choice is what its address says, whatever its texts", () => {
  const seed = Date.now() % 1_000_000;
  const random = generator(seed);
  const text = () => Array.from({ length: 1 + random(6) }, () => "a,|\\/é?&=% "[random(11)]).join("");
  for (let i = 0; i < 500; i++) {
    const filters = Array.from({ length: random(3) }, () => ({ op: "is_not", dimension: `event:props:${text()}`, values: [text(), text()] }));
    const choice = { ...readChoice(new URLSearchParams()), filters, metric: "visits", compare: "year", period: { name: "custom", from: "2026-03-01", to: "2026-03-14" }, tabs: { pages: "entry" }, journey: text() };
    assert.deepEqual(readChoice(new URLSearchParams(String(writeChoice(choice)))), choice, `seed ${seed}`);
  }
  for (const bad of ["", "is", "is,visit:country", "is,visit:country,", "beats,visit:country,DE", "is,a,b,c"]) assert.equal(readCondition(bad), null, bad);
  assert.equal(writeCondition({ op: "is", dimension: "visit:country", values: ["DE", "FR"] }), "is,visit:country,DE|FR");
  assert.equal(String(writeChoice(readChoice(new URLSearchParams()))), "", "what is usual is not said");
});

test("a second click takes a filter away", () => {
  const once = toggleFilter([], "visit:country", "DE");
  assert.deepEqual(toggleFilter(once, "visit:country", "FR")[0].values, ["FR"]);
  assert.deepEqual(toggleFilter(once, "visit:country", "DE"), []);
});

const HERE = { zone: "America/New_York", now: Date.parse("2026-03-14T03:00:00Z") }; // still the 13th there

test("periods are of the site's own days", () => {
  assert.deepEqual(datesOf({ name: "day" }, HERE), { from: "2026-03-13", to: "2026-03-13" });
  assert.deepEqual(rangeOf({ name: "7d" }, HERE), ["2026-03-07", "2026-03-13"]);
  assert.deepEqual(rangeBefore({ name: "7d" }, "previous", HERE), ["2026-02-28", "2026-03-06"]);
  assert.deepEqual(rangeBefore({ name: "day", date: "2024-02-29" }, "year", HERE), ["2023-02-28", "2023-02-28"]);
  assert.deepEqual(shifted({ name: "day" }, -1, HERE), { name: "yesterday" });
  assert.deepEqual(shifted({ name: "yesterday" }, 1, HERE), { name: "day" });
  assert.equal(shifted({ name: "day" }, 1, HERE), null);
  assert.deepEqual(shifted({ name: "month" }, -1, HERE), { name: "month", date: "2026-02" });
  assert.deepEqual(shifted({ name: "month", date: "2026-02" }, 1, HERE), { name: "month" });
  assert.deepEqual(shifted({ name: "7d" }, -1, HERE), { name: "custom", from: "2026-02-28", to: "2026-03-06" });
  assert.deepEqual(onDates("2026-03-07", "2026-03-13", "2026-03-13"), { name: "7d" });
});

test("wall times and moments lead to each other, over changes of the clock too", () => {
  for (const zone of ["UTC", "America/New_York", "Asia/Kolkata", "Australia/Lord_Howe"]) {
    for (let t = Date.parse("2026-01-01T00:30:00Z"); t < Date.parse("2027-01-01T00:00:00Z"); t += 7 * 3_600_000) {
      const wall = wallTime(t, zone);
      assert.equal(wallTime(instantOf(wall, zone), zone), wall, `${zone} ${new Date(t).toISOString()}`);
    }
  }
  assert.equal(addDays("2026-02-28", 1), "2026-03-01");
  assert.equal(addMonths("2024-02-29", -12), "2023-02-28");
  assert.equal(addMonths("2026-03-31", 1), "2026-04-30");
});

test("a line has a point for each bucket, and none for what is to come", () => {
  const labels = ["2026-03-14 00:00:00", "2026-03-14 01:00:00", "2026-03-14 02:00:00", "2026-03-14 03:00:00"];
  const answer = (rows, meta = {}) => ({ results: rows.map(([dimension, n, error]) => ({ dimensions: [dimension], metrics: [n], errors: error ? [error] : undefined })), meta: { exact: true, incomplete_windows: 9, time_labels: labels, ...meta } });
  const s = seriesOf("visitors", answer([[labels[1], 5]]), answer([[labels[3], 2]]), null, "2026-03-14 02:20:00");
  assert.deepEqual(s.now, [0, 5, 0, null]);
  assert.deepEqual(s.before, [0, 0, 0, 2]);
  assert.equal(s.open, 2);
  assert.deepEqual(seriesOf("bounce_rate", answer([[labels[1], 50]], { incomplete_windows: 0 }), null, null, "2026-03-15 00:00:00").now, [null, 50, null, null]);
  assert.deepEqual(seriesOf("visitors", answer([[labels[1], 5, 1.5]]), null, null, "2026-03-14 02:20:00").errors, [null, null, null, null], "an exact answer has no errors");
  assert.equal(seriesOf("visitors", answer([[labels[1], 5, 1.5]], { exact: false }), null, null, "2026-03-14 02:20:00").errors[1], 1.5);
  assert.equal(bucketOf(labels, "2026-03-14 02:59:59"), 2);
  assert.equal(bucketOf(labels, "2026-03-13 23:59:59"), -1);
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
  assert.equal(plain(duration(59.4)), "59s");
  assert.equal(plain(duration(247)), "4m 07s");
  assert.equal(plain(duration(3_720)), "1h 02m");
  assert.match(change(12), /12/);
  assert.match(change(4_900), /^×50/);
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

test("an error is written alike wherever it stands, and never as none", () => {
  assert.deepEqual([0.01, 0.1, 2.46, 9.96, 10.4, 12.5].map(tolerance), ["0.1", "0.1", "2.5", "10", "10", "13"]);
});

test("an hour has as many digits as the reader's language writes", () => {
  const format = new URL("../../dashboards/web/js/format.js", import.meta.url).href;
  const code = `const { moment } = await import("${format}"); console.log(moment(5 * 60_000, "UTC", { hour: "numeric", minute: "2-digit" }))`;
  const written = (/** @type {string} */ lang) => execFileSync(process.execPath, ["--input-type=module", "-e", code], { env: { ...process.env, LC_ALL: `${lang}.UTF-8` }, encoding: "utf8" }).trim();
  assert.deepEqual(["en_GB", "de_DE", "ja_JP"].map(written), ["00:05", "00:05", "0:05"]);
  assert.match(written("en_US"), /^12:05\sAM$/);
});
