// The dashboard of a running server, seen by a browser.
//
//     node live.mjs SERVER ARTIFACTS
//
// SERVER has no events yet. Screenshots go to the folder ARTIFACTS; what was found goes to standard output (report.mjs).

import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import path from "node:path";
import { promisify } from "node:util";
import { launch } from "./chromium.mjs";
import { atLeast, eventsShown, live, pageRow, reads, send, text } from "./dashboard.mjs";
import { startProxy } from "./proxy.mjs";
import { check, exitCode, measured } from "./report.mjs";
import { watch } from "./watch.mjs";

const run = promisify(execFile);
const [server, artifacts] = process.argv.slice(2);

const HOSTILE = "/<script>alert(1)</script>";
const DESKTOP = { width: 1280, height: 900 };

const proxy = await startProxy(server);
const browser = await launch();
const context = await browser.newContext({
  viewport: DESKTOP,
  locale: "en-GB",
  permissions: ["clipboard-read", "clipboard-write"],
});
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
  assert.equal(command, await text(page, "start", "command").textContent());
  await run("sh", ["-c", command]);
  await live(page);
  await atLeast(page, "totals", "events", 1);
  await reads(text(page, "totals", "visitors"), "1");
  await pageRow(page, "/hello").waitFor();
});

await check("an event moves the number and the top pages", async () => {
  for (let i = 1; i <= 5; i++) {
    const before = await eventsShown(page);
    const start = performance.now();
    await send(server, { site: "demo", url: "/measured", visitor: `visitor-${i}` });
    const sent = performance.now();
    await atLeast(page, "totals", "events", before + 1);
    measured(`event_to_page_ms_${i}`, (performance.now() - sent).toFixed(0));
    measured(`event_acknowledged_ms_${i}`, (sent - start).toFixed(0));
  }
  await reads(pageRow(page, "/measured").locator("td"), "5");
  await reads(page.locator("#pages tbody bdi").first(), "/measured");
});

await check("the page says that the books balance", async () => {
  await page.getByText("The books balance", { exact: true }).waitFor();
  await reads(text(page, "ledger", "received"), "6");
  await reads(text(page, "ledger", "sum"), "6");
});

await check("a page that is named like markup is text", async () => {
  await send(server, { site: "demo", url: HOSTILE, visitor: "visitor-1" });
  await pageRow(page, HOSTILE).waitFor();
  assert.equal(await page.locator("#pages script").count(), 0);
  assert.deepEqual(seen.dialogs, []);
});

await check("a lost connection is shown, and nothing is missed or doubled after it", async () => {
  const before = await eventsShown(page);
  seen.mayLoseServer = true;
  proxy.cut();
  await page.waitForFunction(() => document.body.dataset.state === "reconnecting");
  await page.locator("#toast").waitFor();
  await shoot("disconnected");
  await send(server, { site: "demo", url: "/while-away", visitor: "visitor-2" });
  proxy.heal();
  await live(page);
  await pageRow(page, "/while-away").waitFor();
  assert.equal(await eventsShown(page), before + 1);
  seen.mayLoseServer = false;
});

await check("the address names the site, and Back goes back", async () => {
  await send(server, { site: "other.example", url: "/there", visitor: "visitor-1" });
  await page.reload();
  await live(page);
  await page.locator("#site").selectOption("other.example");
  await pageRow(page, "/there").waitFor();
  assert.equal(new URL(page.url()).searchParams.get("site"), "other.example");
  assert.equal(await eventsShown(page), 1);
  await page.goBack();
  await pageRow(page, "/measured").waitFor();
  assert.equal(await page.locator("#site").inputValue(), "demo");
});

await check("it is usable by keyboard", async () => {
  await page.reload();
  await live(page);
  const reached = [];
  for (let i = 0; i < 3; i++) {
    await page.keyboard.press("Tab");
    reached.push(await page.evaluate(() => document.activeElement.textContent.trim().slice(0, 30) || document.activeElement.id));
  }
  assert.match(reached.join("|"), /^Skip to the numbers\|.*demo.*\|Show as a table$/s);
  await page.keyboard.press("Enter");
  await page.locator("#minutes tbody tr").first().waitFor();
  await page.keyboard.press("Enter");
});

for (const [width, height] of [[1280, 900], [820, 1100], [390, 844], [320, 640]]) {
  await check(`nothing overflows at ${width} pixels`, async () => {
    await page.setViewportSize({ width, height });
    for (const colorScheme of ["light", "dark"]) {
      await page.emulateMedia({ colorScheme });
      await shoot(`${colorScheme}-${width}`);
    }
    assert.ok((await page.evaluate(() => document.documentElement.scrollWidth)) <= width, "the page scrolls sideways");
  });
}

await check("no other host was asked, nothing was refused by the policy, nothing went wrong", async () => {
  assert.deepEqual([...seen.otherHosts], []);
  assert.deepEqual(seen.complaints, []);
});

await browser.close();
await proxy.close();
process.exitCode = exitCode();

async function shoot(name) {
  await page.evaluate(() => new Promise(requestAnimationFrame)); // what was just changed is drawn
  await page.screenshot({ path: path.join(artifacts, `dashboard-${name}.png`), fullPage: true, animations: "disabled" });
}
