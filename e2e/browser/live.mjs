// The dashboard of a running server from its first event on, seen by a browser.
//
//     node live.mjs SERVER ARTIFACTS
//
// SERVER has no events yet. Screenshots go to the folder ARTIFACTS; what was found goes to standard output (report.mjs).

import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import path from "node:path";
import { promisify } from "node:util";
import { launch } from "./chromium.mjs";
import { live, look, metric, metricAtLeast, metricIs, numberIn, query, reads, row, rowsOf, send, settled } from "./dashboard.mjs";
import { startProxy } from "./proxy.mjs";
import { check, exitCode, measured } from "./report.mjs";
import { watch } from "./watch.mjs";

const run = promisify(execFile);
const [server, artifacts] = process.argv.slice(2);

const HOSTILE = "/<script>alert(1)</script><img src=x onerror=alert(2)>";

const proxy = await startProxy(server);
const browser = await launch();
const TALL = { width: 1280, height: 3000 }; // every card is in sight, and so kept up to date
const context = await browser.newContext({ viewport: TALL, locale: "en-GB", permissions: ["clipboard-read", "clipboard-write"] });
context.setDefaultTimeout(20_000);
const seen = watch(context, new URL(proxy.url).origin);
const page = await context.newPage();

await check("an empty server shows how to send the first event", async () => {
  await page.goto(proxy.url);
  await page.locator("#start").waitFor();
  await shoot("empty");
});

await check("the command that it shows and copies makes the page live", async () => {
  await page.getByRole("button", { name: "Copy" }).click();
  await page.getByRole("button", { name: "Copied" }).waitFor();
  const command = await page.evaluate(() => navigator.clipboard.readText());
  assert.equal(command, await page.locator('#start [data-text="command"]').textContent());
  await run("sh", ["-c", command]);
  await live(page);
  await metricIs(page, "pageviews", 1);
  await reads(page.locator('[data-text="current"]'), "1");
  await row(page, "pages", "/hello").waitFor();
});

await check("an event moves the number and the top pages, live", async () => {
  await page.goto(`${proxy.url}/?period=live`);
  await live(page);
  await settled(page);
  for (let i = 1; i <= 5; i++) {
    await page.waitForTimeout(1_200); // the page asks at most once a second; that is not what is measured
    const before = await numberIn(metric(page, "pageviews"));
    const event = JSON.stringify({ site: "demo", name: "pageview", url: "/measured", visitor: `visitor-${i}` });
    const start = performance.now();
    await run("curl", ["-sf", `${server}/v1/events`, "-H", "content-type: application/json", "-d", event]);
    const sent = performance.now();
    await metricIs(page, "pageviews", before + 1);
    measured(`curl_to_page_ms_${i}`, (performance.now() - start).toFixed(0));
    measured(`event_acknowledged_ms_${i}`, (sent - start).toFixed(0));
  }
  await reads(row(page, "pages", "/measured").locator(".num").first(), "5");
  assert.equal((await rowsOf(page, "pages"))[0], "/measured");
});

await check("now and today say the same", async () => {
  const now = await numberIn(metric(page, "pageviews"));
  await page.keyboard.press("d");
  await page.waitForFunction(() => !location.search.includes("live"));
  const hour = new Date().getUTCHours();
  if (hour > 0) await metricIs(page, "pageviews", now); // just after midnight some of it was yesterday
});

await check("the page says that the books balance", async () => {
  await look(page);
  await page.getByText("The books balance", { exact: true }).waitFor();
  await reads(page.locator('#ledger [data-text="received"]'), "6");
  await reads(page.locator('#ledger [data-text="sum"]'), "6");
});

await check("a page that is named like markup is text everywhere", async () => {
  await send(server, { site: "demo", url: HOSTILE, visitor: "visitor-1" });
  await row(page, "pages", HOSTILE).locator("button").click();
  await reads(page.locator(".chip bdi"), HOSTILE);
  assert.equal(query(page).getAll("f").length, 1);
  await look(page);
  await settled(page);
  await page.getByRole("button", { name: "All of Pages: Top pages" }).click();
  await page.locator(".list-rows bdi").getByText(HOSTILE, { exact: true }).waitFor();
  await shoot("hostile");
  await page.keyboard.press("Escape");
  await page.locator("dialog").waitFor({ state: "detached" });
  await page.keyboard.press("Escape");
  await page.waitForFunction(() => !location.search.includes("f="));
  assert.equal(await page.locator("#app script, #app img").count(), 0);
  assert.deepEqual(seen.dialogs, []);
});

await check("a lost connection is shown, and nothing is missed or doubled after it", async () => {
  await page.goto(`${proxy.url}/?period=live`);
  await live(page);
  await settled(page);
  const before = await numberIn(metric(page, "pageviews"));
  for (let i = 1; i <= 3; i++) {
    seen.mayLoseServer = true;
    proxy.cut();
    await page.waitForFunction(() => document.documentElement.dataset.state === "reconnecting");
    await page.locator(".toast").waitFor();
    if (i === 1) await shoot("disconnected");
    await send(server, { site: "demo", url: "/while-away", visitor: "visitor-2" });
    proxy.heal();
    await live(page);
    await metricIs(page, "pageviews", before + i);
    seen.mayLoseServer = false;
  }
  await row(page, "pages", "/while-away").waitFor();
});

await check("the address names the site, and Back goes back", async () => {
  await send(server, { site: "other.example", url: "/there", visitor: "visitor-1" });
  await page.goto(proxy.url);
  await live(page);
  await page.getByRole("button", { name: "Site: demo" }).click();
  await page.getByRole("link", { name: "other.example" }).click();
  await row(page, "pages", "/there").waitFor();
  assert.equal(new URL(page.url()).pathname, "/other.example");
  await metricIs(page, "pageviews", 1);
  await page.goBack();
  await row(page, "pages", "/measured").waitFor();
});

await check("a site that nobody knows tells how to make it known", async () => {
  await page.goto(`${proxy.url}/unheard.example`);
  await page.getByText("Nothing sent to unheard.example yet").waitFor();
});

await check("ten thousand rows are a list of a few dozen", async () => {
  for (let i = 0; i < 10_000; i += 500) {
    await send(server, ...Array.from({ length: 500 }, (_, k) => ({ site: "many.example", url: `/page/${String(i + k).padStart(5, "0")}`, visitor: `v${(i + k) % 50}` })));
  }
  await page.goto(`${proxy.url}/many.example?list=event:page`);
  await page.locator(".list-foot").getByText("10,000 rows").waitFor();
  const list = page.locator(".list-window");
  const frames = await list.evaluate(async (box) => {
    const times = [];
    for (let y = 0, last = performance.now(); y <= 40; y++) {
      box.scrollTop = (y / 40) * box.scrollHeight;
      await new Promise(requestAnimationFrame);
      times.push(performance.now() - last);
      last = performance.now();
    }
    return times.sort((a, b) => a - b);
  });
  measured("scroll_frame_ms_median", frames[Math.floor(frames.length / 2)].toFixed(1));
  await page.waitForFunction(() => document.querySelector(".list-rows > .row:last-child bdi"));
  assert.ok((await page.locator(".list-rows > .row").count()) < 80, "all rows are in the document");
  await page.getByLabel("Search Page").fill("/page/0123");
  await page.locator(".list-foot").getByText("10 rows").waitFor();
  await shoot("list");
  await page.locator(".list-rows .row button").first().click();
  await page.waitForFunction(() => location.search.includes("f=") && !location.search.includes("list="));
});

await check("no other host was asked, nothing was refused by the policy, nothing went wrong", async () => {
  assert.deepEqual([...seen.otherHosts], []);
  assert.deepEqual(seen.complaints, []);
});

await browser.close();
await proxy.close();
process.exitCode = exitCode();

async function shoot(name) {
  await page.setViewportSize({ width: 1280, height: 900 });
  await page.evaluate(() => new Promise(requestAnimationFrame)); // what was just changed is drawn
  await page.screenshot({ path: path.join(artifacts, `dashboard-${name}.png`), animations: "disabled" });
  await page.setViewportSize(TALL);
}
