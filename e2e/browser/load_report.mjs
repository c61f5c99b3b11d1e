// Opens a report of the load test as a file, in light and in dark, and checks that it needs nothing but itself.
// node browser/load_report.mjs REPORT ARTIFACTS

import { pathToFileURL } from "node:url";
import { launch } from "./chromium.mjs";
import { check, exitCode } from "./report.mjs";

const [file, artifacts] = process.argv.slice(2);
const browser = await launch();

const equal = (got, want, what) => {
  if (got !== want) throw new Error(`${what} is ${JSON.stringify(got)}, want ${JSON.stringify(want)}`);
};

async function look(scheme, width) {
  const context = await browser.newContext({ colorScheme: scheme, viewport: { width, height: 900 }, offline: true });
  const page = await context.newPage();
  const asked = [];
  const faults = [];
  page.on("request", (r) => asked.push(r.url()));
  page.on("console", (m) => m.type() === "error" && faults.push(m.text()));
  page.on("pageerror", (e) => faults.push(String(e)));
  await page.goto(pathToFileURL(file).href);
  return { context, page, asked, faults };
}

const seen = {};
for (const scheme of ["light", "dark"]) {
  await check(`report ${scheme}`, async () => {
    const { context, page, asked, faults } = await look(scheme, 1200);
    equal(asked.length, 1, `requests (${asked.join(" ")})`);
    equal(faults.join(), "", "what the browser complains of");
    equal(await page.locator("#verdict").textContent(), "Passed", "the verdict");
    if ((await page.locator(".chart svg").count()) < 5) throw new Error("fewer than five charts");
    for (const d of await page.locator(".chart path.l").evaluateAll((all) => all.map((p) => p.getAttribute("d")))) {
      if (/NaN|Infinity/.test(d)) throw new Error(`a line is drawn as ${d}`);
    }
    if ((await page.locator(".chart rect.bar").count()) < 3) throw new Error("the histogram is empty");
    seen[scheme] = await page.evaluate(() => getComputedStyle(document.body).backgroundColor);
    await page.screenshot({ path: `${artifacts}/load-report-${scheme}.png`, fullPage: true });
    await context.close();
  });
}

await check("report light and dark differ", async () => {
  if (seen.light === seen.dark) throw new Error(`both are ${seen.light}`);
});

await check("report fits a phone", async () => {
  const { context, page } = await look("light", 390);
  const wide = await page.evaluate(() => document.documentElement.scrollWidth);
  if (wide > 390) throw new Error(`it is ${wide} px wide`);
  await context.close();
});

await browser.close();
process.exitCode = exitCode();
