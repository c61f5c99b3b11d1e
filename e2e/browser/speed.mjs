// How quick the page is: measured, for the report.

import { createServer } from "node:http";

/**
 * Loads the page in a browser that has nothing of it: the bytes of its files until there are figures and a chart, and of all, and when figures and
 * chart were painted.
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
  const [first, requests] = [bytes, ours.size];
  await page.waitForFunction(() => !document.querySelector(".waits") || !document.scripts.length);
  await context.close();
  return { first, whole: bytes, requests, ...painted };
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
  const sheet = await (await page.request.get(await page.evaluate(() => document.querySelector("link[rel=stylesheet]").href))).body();
  const markup = (await page.content()).replace(/<script[^]*?<\/script>|<link[^>]*>/g, "").replace("</head>", '<link rel="stylesheet" href="/sheet.css"></head>');
  await context.close();
  const server = createServer((request, response) => {
    const isSheet = request.url === "/sheet.css";
    response.setHeader("content-type", isSheet ? "text/css" : "text/html; charset=utf-8").end(isSheet ? sheet : markup);
  });
  await new Promise((done) => server.listen(0, "127.0.0.1", done));
  const { data } = await firstLoad(browser, `http://127.0.0.1:${server.address().port}/`);
  server.closeAllConnections();
  await new Promise((done) => server.close(done));
  return data;
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

/** Watches a live page for a while: the time of its main thread for each update, and whether anything moved. */
export async function liveCost(browser, page) {
  await browser.startTracing(page, { categories: ["toplevel"] });
  const moved = await movement(page, () => new Promise((done) => setTimeout(done, SECONDS * 1_000)));
  const events = JSON.parse(await browser.stopTracing()).traceEvents;
  const updates = updatesOf(events);
  const at = (share) => updates[Math.min(updates.length - 1, Math.floor(share * updates.length))] ?? 0;
  return { updates: updates.length, p50: at(0.5), p95: at(0.95), ...moved };
}

/** Milliseconds of the main thread for each group of tasks that follow each other, in rising order. */
function updatesOf(events) {
  const mains = new Set(events.filter((e) => e.name === "thread_name" && e.args.name === "CrRendererMain").map((e) => `${e.pid} ${e.tid}`));
  const tasks = events.filter((e) => e.ph === "X" && e.name === "ThreadControllerImpl::RunTask" && mains.has(`${e.pid} ${e.tid}`) && e.tdur > LEAST).sort((a, b) => a.ts - b.ts);
  const groups = [];
  let end = -Infinity;
  for (const { ts, dur, tdur = 0 } of tasks) {
    if (ts - end > PAUSE) groups.push(0);
    groups[groups.length - 1] += tdur / 1_000;
    end = Math.max(end, ts + dur);
  }
  return groups.sort((a, b) => a - b);
}
