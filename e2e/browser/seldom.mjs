// What the page shows seldom: errors of a sample, a server without streams, an alert.
//
//     node seldom.mjs SERVER ARTIFACTS
//
// SERVER has no events yet. Screenshots go to the folder ARTIFACTS; what was found goes to standard output (report.mjs).

import assert from "node:assert/strict";
import path from "node:path";
import { launch } from "./chromium.mjs";
import { live, metric, metricAtLeast, metricIs, numberIn, row, send, settled } from "./dashboard.mjs";
import { startGateway } from "./gateway.mjs";
import { check, exitCode, measured } from "./report.mjs";
import { watch } from "./watch.mjs";

const [server, artifacts] = process.argv.slice(2);
const SAMPLE = 4_096; // visitors that an answer knows by themselves
const CROWD = 6_000;
const MINUTE = 60_000;

const browser = await launch();

await check("figures of more visitors than a sample holds say how far they may be off", async () => {
  assert.ok(CROWD > SAMPLE);
  for (let i = 0; i < CROWD; i += 500) {
    await send(server, ...Array.from({ length: 500 }, (_, k) => ({ site: "crowd.example", url: `/page/${(i + k) % 5}`, visitor: `visitor-${i + k}` })));
  }
  const { page, seen } = await open(server, "/crowd.example?period=24h");
  await live(page);
  await metricAtLeast(page, "visitors", 0.9 * CROWD);
  await page.locator("#pages .row .plus-minus").first().waitFor();
  // Visits are always estimated then; visitors are known one by one as long as no window, and nothing that is made of windows yet, holds too many.
  assert.match(await metric(page, "visits").locator("xpath=..").locator(".plus-minus").textContent(), /^±\d+(\.\d)?\s%$/);
  assert.ok(Math.abs((await numberIn(metric(page, "visitors"))) / CROWD - 1) < 0.1);
  await metricIs(page, "pageviews", CROWD);
  assert.equal(await metric(page, "pageviews").locator("xpath=..").locator(".plus-minus").count(), 0, "what counts know is not estimated");
  await shoot(page, "sampled");
  await page.goto(`${server}/crowd.example?period=24h&list=event:page`);
  await page.locator(".list-rows .plus-minus").first().waitFor();
  await done(page, seen);
});

await check("a site with imported history alone shows it", async () => {
  const post = async (at, body, type = "application/json") => (await fetch(`${server}${at}`, { method: "POST", headers: { "content-type": type }, body })).json();
  await post("/api/v1/sites", '{"id":"imported.example"}');
  const { id } = await post("/api/v1/imports?site=imported.example", JSON.stringify({ files: [{ name: "old.ndjson", sha256: "0f".repeat(32) }], format: "ndjson" }));
  await post(`/api/v1/imports/${id}/events?site=imported.example&line=1`, JSON.stringify({ name: "pageview", url: "/old", visitor: "v", ts: Date.now() - 40 * 86_400_000 }), "application/x-ndjson");
  await post(`/api/v1/imports/${id}/finish?site=imported.example`, "{}");
  const { page, seen } = await open(server, "/imported.example?period=91d");
  await metricIs(page, "pageviews", 1);
  assert.equal(await page.locator("#start").count(), 0);
  await done(page, seen);
});

await check("where nothing streams the page asks for the snapshot that all share", async () => {
  await send(server, { site: "polled.example", url: "/first", visitor: "visitor-1" });
  const gateway = await startGateway(server);
  const { page, seen } = await open(gateway.url, "/polled.example?period=live");
  await page.waitForFunction(() => document.documentElement.dataset.state === "polling");
  await metricIs(page, "pageviews", 1);
  while (!gateway.snapshots.includes(304)) await page.waitForTimeout(100); // what has not changed is not sent again
  const start = performance.now();
  await send(server, { site: "polled.example", url: "/second", visitor: "visitor-2" });
  await metricIs(page, "pageviews", 2);
  measured("polled_click_to_page_ms", (performance.now() - start).toFixed(0));
  await row(page, "pages", "/second").waitFor();
  assert.equal(await page.locator('[data-text="current"]').textContent(), "2");
  seen.complaints = seen.complaints.filter((c) => !/status of 404 .*api\/v1\/live\?|EventSource's response has a MIME type/.test(c)); // that there is no stream is what is looked at
  await done(page, seen);
  await gateway.close();
});

await check("an alert stands on the chart of a day that goes on, without being asked for", async () => {
  const site = "watched.example";
  const address = `${server}/api/v1/sites/${site}`;
  await send(server, { site, url: "/", visitor: "visitor-1" });
  await until(async () => (await (await fetch(`${server}/api/v1/sites`)).json()).sites.some((s) => s.id === site));
  const rule = { kind: "threshold", name: "Busy", metric: "pageviews", over: 2, minutes: 1 };
  const patched = await fetch(address, { method: "PATCH", headers: { "content-type": "application/json" }, body: JSON.stringify({ alerts: [rule] }) });
  assert.equal(patched.status, 200, await patched.text());
  const now = new Date();
  const period = now.getUTCHours() === 0 && now.getUTCMinutes() < 5 ? "24h" : "day"; // just after midnight the minute was yesterday's
  const { page, seen } = await open(server, `/${site}?period=${period}`);
  await metricAtLeast(page, "pageviews", 1);
  const alerts = async () => (await (await fetch(`${server}/api/v1/alerts?site=${site}`)).json()).events;
  // A minute that is settled is evaluated again when something comes late.
  for (let tries = 0; (await alerts()).length === 0 && tries < 30; tries++) {
    const minute = Math.floor((Date.now() - 30_000) / MINUTE) * MINUTE - MINUTE;
    await send(server, ...[1, 2, 3].map((i) => ({ site, url: "/busy", visitor: `visitor-${i}`, id: `busy-${tries}-${i}`, ts: minute + i })));
    await page.waitForTimeout(2_000);
  }
  await page.waitForFunction(hasAlert, undefined, { polling: 500 });
  await page.getByText("Show as a table").click();
  await page.locator(".chart-table td", { hasText: "pageviews a minute over 2" }).waitFor();
  await shoot(page, "alert");
  await done(page, seen);
});

await check("figures that are gone back to are asked for again, however long the answer takes", async () => {
  const site = "again.example";
  await send(server, { site, url: "/", visitor: "visitor-1" });
  const { page, seen } = await open(server, `/${site}?period=yesterday`); // of which nothing is asked for again by itself
  await live(page);
  await metricIs(page, "visitors", 0);
  await page.locator(".views a", { hasText: "Pipeline" }).click();
  await page.waitForFunction(() => document.documentElement.dataset.view === "pipeline");
  const midnight = new Date().setUTCHours(0, 0, 0, 0);
  await send(server, { site, url: "/late", visitor: "visitor-2", ts: midnight - MINUTE });
  await until(async () => (await visitorsYesterday(site)) === 1);
  let release = () => {};
  const held = new Promise((done) => (release = done));
  await page.route("**/api/v2/questions", async (route) => (await held, route.continue()));
  await page.goBack();
  await page.locator(".metric-value .num").first().waitFor(); // what was known before is shown
  release();
  await metricIs(page, "visitors", 1);
  await done(page, seen);
});

await browser.close();
process.exitCode = exitCode();

/** Whether the chart is drawn with the colour of alerts. Runs in the page. */
function hasAlert() {
  const canvas = document.querySelector("#chart canvas");
  if (!canvas) return false;
  const probe = document.createElement("span");
  probe.style.color = "var(--chart-alert)";
  document.body.append(probe);
  const [r, g, b] = getComputedStyle(probe).color.match(/\d+/g).map(Number);
  probe.remove();
  const copy = new OffscreenCanvas(canvas.width, canvas.height).getContext("2d");
  copy.drawImage(canvas, 0, 0);
  const { data } = copy.getImageData(0, 0, canvas.width, canvas.height);
  let n = 0;
  for (let i = 0; i < data.length; i += 4) if (data[i] === r && data[i + 1] === g && data[i + 2] === b) n++;
  return n > 30;
}

async function open(origin, address) {
  const context = await browser.newContext({ viewport: { width: 1280, height: 1600 }, locale: "en-GB" });
  context.setDefaultTimeout(60_000);
  const seen = watch(context, new URL(origin).origin);
  const page = await context.newPage();
  await page.goto(origin + address);
  return { page, seen };
}

async function done(page, { otherHosts, complaints, dialogs }) {
  await page.context().close();
  assert.deepEqual({ otherHosts: [...otherHosts], complaints, dialogs }, { otherHosts: [], complaints: [], dialogs: [] });
}

async function visitorsYesterday(site) {
  const date = new Date(Date.now() - 24 * 60 * MINUTE).toISOString().slice(0, 10);
  const answer = await fetch(`${server}/api/v2/query`, {
    method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify({ site_id: site, date_range: [date, date], metrics: ["visitors"] }),
  });
  return (await answer.json()).results[0]?.metrics[0];
}

async function until(holds) {
  while (!(await holds())) await new Promise((later) => setTimeout(later, 100));
}

async function shoot(page, name) {
  await settled(page);
  await page.screenshot({ path: path.join(artifacts, `dashboard-${name}.png`), animations: "disabled" });
}
