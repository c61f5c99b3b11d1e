// How quick the page is: measured, for the report.

import { copyOf, serve } from "./copy.mjs";

/**
 * Loads the page in a browser that has nothing of it: the bytes of its files until there are figures and a chart, and of all; when figures and
 * chart were painted; and how long after the document was there the first questions were asked.
 */
export async function firstLoad(browser, address) {
  const context = await browser.newContext({ viewport: { width: 1280, height: 900 } });
  const page = await context.newPage();
  const session = await context.newCDPSession(page);
  await session.send("Network.enable");
  const ours = new Set();
  let bytes = 0;
  session.on("Network.responseReceived", ({ requestId, response }) => {
    if (!new URL(response.url).pathname.startsWith("/api/")) ours.add(requestId);
  });
  session.on("Network.dataReceived", ({ requestId, encodedDataLength }) => (bytes += ours.has(requestId) ? encodedDataLength : 0));
  await page.addInitScript(watchPaint);
  await page.goto(address, { waitUntil: "commit" });
  await page.waitForFunction(() => window.painted?.chart && window.painted.data);
  const painted = await page.evaluate(() => window.painted);
  const asked = await page.evaluate(firstQuestion);
  const [first, requests] = [bytes, ours.size];
  await page.waitForFunction(() => !document.querySelector(".waits") || !document.scripts.length);
  await context.close();
  return { first, whole: bytes, requests, asked, ...painted };
}

/**
 * When the first frame would be painted if nothing had to be asked, run or drawn: the page as it stands, its markup and its sheet as files, measured in
 * the same way. What a browser takes for it here is the floor of firstLoad.
 */
export async function firstLoadFloor(browser, address) {
  const context = await browser.newContext({ viewport: { width: 1280, height: 900 } });
  const page = await context.newPage();
  await page.goto(address);
  await page.waitForSelector("#chart canvas");
  const copy = await copyOf(page);
  await context.close();
  const server = await serve(copy);
  const { data } = await firstLoad(browser, server.address);
  await server.close();
  return data;
}

// Milliseconds from the document to the first question; null where none was asked.
function firstQuestion() {
  const question = performance.getEntriesByType("resource").find((e) => e.name.endsWith("/api/v2/questions"));
  return question ? question.startTime - performance.getEntriesByType("navigation")[0].responseEnd : null;
}

// Runs in the page before anything else of it, and notes when the first frame with figures, and that with the chart, was made.
function watchPaint() {
  window.painted = {};
  const note = (name) => requestAnimationFrame(() => {
    const { port1, port2 } = new MessageChannel(); // its message comes after the frame
    port1.onmessage = () => (window.painted[name] = performance.now());
    port2.postMessage(null);
  });
  const signs = { data: [".metric-value .num", "#pages .row .num"], chart: ["#chart canvas"] };
  const watcher = new MutationObserver(() => {
    for (const [name, selectors] of Object.entries(signs)) {
      if (!selectors.every((s) => document.querySelector(s))) continue;
      delete signs[name];
      note(name);
    }
    if (Object.keys(signs).length === 0) watcher.disconnect();
  });
  watcher.observe(document, { childList: true, subtree: true });
}

const SECONDS = 10;
const PAUSE = 30_000; // µs: tasks that are closer belong to one update
const LEAST = 300; // µs: what is shorter is bookkeeping of the browser

/** Watches a live page for a while: how much moved in it, and what did. */
export async function movement(page, watching) {
  await page.evaluate(() => {
    window.shifts = [];
    new PerformanceObserver((list) => window.shifts.push(...list.getEntries().map((e) => ({
      value: e.value, nodes: e.sources.map((s) => s.node?.parentElement?.className ?? ""),
    })))).observe({ type: "layout-shift" });
  });
  await watching();
  const shifts = await page.evaluate(() => window.shifts);
  return { shift: shifts.reduce((sum, s) => sum + s.value, 0), moved: JSON.stringify(shifts).slice(0, 300) };
}

/** Watches a live page for a while: the time of its main thread for each update and in all, and whether anything moved. */
export async function liveCost(browser, page, seconds = SECONDS) {
  const { result, ...cost } = await mainThread(browser, page, () => movement(page, () => page.waitForTimeout(seconds * 1_000)));
  return { ...cost, ...result };
}

/** Milliseconds of a page's main thread while something goes on, for each update, and a second in all. */
export async function mainThread(browser, page, watching) {
  await browser.startTracing(page, { categories: ["toplevel"] });
  const begin = performance.now();
  const result = await watching();
  const seconds = (performance.now() - begin) / 1_000;
  const tasks = mainTasksOf(JSON.parse(await browser.stopTracing()).traceEvents);
  const updates = updatesOf(tasks);
  const at = (share) => updates[Math.min(updates.length - 1, Math.floor(share * updates.length))] ?? 0;
  return { updates: updates.length, p50: at(0.5), p95: at(0.95), perSecond: tasks.reduce((sum, { tdur = 0 }) => sum + tdur / 1_000, 0) / seconds, result };
}

function mainTasksOf(events) {
  const mains = new Set(events.filter((e) => e.name === "thread_name" && e.args.name === "CrRendererMain").map((e) => `${e.pid} ${e.tid}`));
  return events.filter((e) => e.ph === "X" && e.name === "ThreadControllerImpl::RunTask" && mains.has(`${e.pid} ${e.tid}`)).sort((a, b) => a.ts - b.ts);
}

/** Milliseconds of the main thread for each group of tasks that follow each other, in rising order. */
function updatesOf(tasks) {
  const groups = [];
  let end = -Infinity;
  for (const { ts, dur, tdur = 0 } of tasks.filter((task) => task.tdur > LEAST)) {
    if (ts - end > PAUSE) groups.push(0);
    groups[groups.length - 1] += tdur / 1_000;
    end = Math.max(end, ts + dur);
  }
  return groups.sort((a, b) => a - b);
}
