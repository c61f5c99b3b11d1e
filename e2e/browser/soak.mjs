// A page that is looked at for long: it must not grow.
//
//     node soak.mjs SERVER SECONDS
//
// SERVER runs with --demo.

import assert from "node:assert/strict";
import { launch } from "./chromium.mjs";
import { live, look, settled } from "./dashboard.mjs";
import { check, exitCode, measured } from "./report.mjs";

const [server, seconds] = process.argv.slice(2);
const MOST = 10 << 20;
const WARM = 15;

const browser = await launch();
const page = await (await browser.newContext({ viewport: { width: 1280, height: 3400 } })).newPage();
page.setDefaultTimeout(60_000);

await check("live updates leave nothing behind", async () => {
  await page.goto(`${server}/?period=live`);
  await live(page);
  await look(page);
  await settled(page);
  const session = await page.context().newCDPSession(page);
  await session.send("Performance.enable");
  const used = async () => {
    await session.send("HeapProfiler.collectGarbage");
    const { metrics } = await session.send("Performance.getMetrics");
    return Object.fromEntries(metrics.map((m) => [m.name, m.value]));
  };
  await page.waitForTimeout(WARM * 1_000); // what is kept on purpose is kept then
  const before = await used();
  const answers = await page.evaluate(() => performance.getEntriesByType("resource").length);
  await page.waitForTimeout((Number(seconds) - WARM) * 1_000);
  const after = await used();
  measured("heap_before_bytes", before.JSHeapUsedSize);
  measured("heap_growth_bytes", after.JSHeapUsedSize - before.JSHeapUsedSize);
  measured("nodes_growth", after.Nodes - before.Nodes);
  assert.ok((await page.evaluate(() => performance.getEntriesByType("resource").length)) > answers || answers >= 250, "nothing was asked meanwhile");
  assert.ok(after.JSHeapUsedSize - before.JSHeapUsedSize < MOST, `the heap grew from ${before.JSHeapUsedSize} to ${after.JSHeapUsedSize} bytes`);
  assert.ok(after.JSEventListeners - before.JSEventListeners < 200, `listeners grew from ${before.JSEventListeners} to ${after.JSEventListeners}`);
});

await browser.close();
process.exitCode = exitCode();
