// Measures the page, and what this browser takes for the least of it, in turn.
//
//     node bench.mjs SERVER ROUNDS SECONDS
//
// SERVER runs with --demo. Each figure of each round is a line of its own.

import { launch } from "./chromium.mjs";
import { live, look, settled } from "./dashboard.mjs";
import { liveFloor, recordingOf } from "./live_floor.mjs";
import { measured } from "./report.mjs";
import { firstLoad, firstLoadFloor, liveCost, movement } from "./speed.mjs";

const [server, rounds, seconds] = process.argv.slice(2);
const EVERY_CARD = { width: 1280, height: 3400 };
const DESKTOP = { width: 1280, height: 900 };
const WARM = 20_000; // ms: then most figures have as many digits as they keep

const browser = await launch();
await ready();
for (let i = 0; i < Number(rounds); i++) {
  await measureLoad();
  await measureLive();
}
await browser.close();

/** Waits until the demo has brought what every card shows. */
async function ready() {
  const page = await openLive(EVERY_CARD);
  await page.waitForFunction(() => document.querySelectorAll(".board .row").length > 30);
  await page.waitForTimeout(WARM);
  await page.context().close();
}

async function measureLoad() {
  const load = await firstLoad(browser, server);
  measured("first_data_ms", load.data);
  measured("first_chart_ms", load.chart);
  measured("first_data_floor_ms", await firstLoadFloor(browser, server));
  measured("asked_ms", load.asked);
  measured("first_bytes", load.first);
  measured("first_requests", load.requests);
}

async function measureLive() {
  const page = await openLive(EVERY_CARD);
  tell("live", await liveCost(browser, page, Number(seconds)));
  const recording = await recordingOf(page, Number(seconds));
  await page.setViewportSize(DESKTOP);
  await settled(page);
  const { shift } = await movement(page, () => page.waitForTimeout(Number(seconds) * 1_000));
  measured("shift", shift);
  await page.context().close();
  tell("live_floor", await liveFloor(browser, recording));
}

/** @param {string} name @param {{ p50: number, p95: number, perSecond: number }} cost */
function tell(name, { p50, p95, perSecond }) {
  measured(`${name}_p50_ms`, p50);
  measured(`${name}_p95_ms`, p95);
  measured(`${name}_ms_per_second`, perSecond);
}

async function openLive(viewport) {
  const page = await (await browser.newContext({ viewport })).newPage();
  page.setDefaultTimeout(60_000);
  await page.goto(`${server}/?period=live`);
  await live(page);
  await look(page);
  return page;
}
