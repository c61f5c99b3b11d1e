// The site view with visitors on the site: everything that a person does with it.
//
//     node demo.mjs SERVER ARTIFACTS
//
// SERVER runs with --demo. Screenshots go to the folder ARTIFACTS; what was found goes to standard output (report.mjs).

import assert from "node:assert/strict";
import path from "node:path";
import { launch } from "./chromium.mjs";
import { live, look, metric, numberIn, query, row, rowsOf, send, settled } from "./dashboard.mjs";
import { layoutFaults } from "./layout.mjs";
import { faultsOf } from "./looks.mjs";
import { check, exitCode, measured } from "./report.mjs";
import { firstLoad, firstLoadFloor, liveCost, movement } from "./speed.mjs";
import { watch } from "./watch.mjs";

const [server, artifacts] = process.argv.slice(2);
const DESKTOP = { width: 1280, height: 900 };
const GOALS = [{ name: "Purchase", event: "purchase" }, { name: "Signup", event: "signup" }, { name: "Read the blog", page: "/blog/**" }];

const browser = await launch();
const context = await browser.newContext({ viewport: DESKTOP, locale: "en-GB" });
context.setDefaultTimeout(30_000);
const seen = watch(context, new URL(server).origin);
const page = await context.newPage();

await prepare();

await check("the first load is small, and there is paint with data", async () => {
  const loads = [];
  for (let i = 0; i < 3; i++) loads.push(await firstLoad(browser, server));
  const [, load] = loads.sort((a, b) => a.data - b.data);
  measured("first_load_bytes", load.first);
  measured("whole_load_bytes", load.whole);
  measured("first_load_requests", load.requests);
  measured("first_data_ms", load.data.toFixed(0));
  measured("first_data_floor_ms", (await firstLoadFloor(browser, server)).toFixed(0));
  measured("first_chart_ms", load.chart.toFixed(0));
  assert.ok(load.first <= 120 * 1024, `first load is ${load.first} bytes`);
  assert.ok(load.requests <= 9, `first load is ${load.requests} files`); // the page, a sheet, four parts, an icon, and maybe what is below already
});

await check("what is seen first is asked for once, before the parts of the page are there", async () => {
  const fresh = await browser.newContext({ viewport: DESKTOP });
  const first = await fresh.newPage();
  let release = () => {};
  const held = new Promise((done) => (release = done)); // no part of the page comes before its first questions are answered
  await first.route("**/*.js", async (route) => (await held, route.continue()));
  const asked = [];
  first.on("request", (request) => request.url().endsWith("/api/v2/questions") && asked.push(...request.postDataJSON().questions.map((q) => JSON.stringify(q))));
  const [answer] = await Promise.all([first.waitForResponse("**/api/v2/questions"), first.goto(`${server}/?period=28d&compare=previous&pages=entry`, { waitUntil: "commit" })]);
  assert.ok(answer.ok());
  const early = [...asked];
  release();
  await first.locator("#pages .row .num").first().waitFor();
  await first.locator("#chart canvas").waitFor();
  assert.ok(early.length >= 5, `${early.length} questions`);
  for (const question of early) assert.equal(asked.filter((q) => q === question).length, 1, `asked again: ${question}`);
  assert.ok(early.some((q) => q.includes("visit:entry_page")), "the tab that is chosen");
  await fresh.close();
});

await check("every card is filled", async () => {
  await page.goto(`${server}/?properties=plan`);
  await live(page);
  await look(page);
  for (const card of ["pages", "sources", "places", "devices", "goals", "properties"]) await page.locator(`#${card} .row .num`).nth(1).waitFor();
  await page.locator("#funnel li .num").nth(2).waitFor();
  await page.locator("#journeys .row .num").nth(5).waitFor();
  await page.locator("#vitals .vital-scale i").nth(4).waitFor();
  await page.locator("#ledger .swatch").nth(4).waitFor();
  await page.locator("#chart canvas").waitFor();
  await page.goto(`${server}/?period=7d`);
  await look(page);
  await page.locator("#retention .retention th").nth(2).waitFor();
});

await check("a click on a row filters every card, and the address says so", async () => {
  await page.goto(server);
  await live(page);
  await look(page);
  await settled(page);
  const before = await figures();
  await row(page, "places", "Germany").locator("button").click();
  await page.getByRole("button", { name: "Remove filter: Country is Germany" }).waitFor();
  assert.deepEqual(query(page).getAll("f"), ["is,visit:country,DE"]);
  await look(page);
  await settled(page);
  assert.deepEqual(await rowsOf(page, "places"), ["Germany"]);
  const after = await figures();
  for (const [card, n] of Object.entries(before)) assert.ok(after[card] < n, `${card}: ${n} before, ${after[card]} with a filter`);
  for (let tries = 1; ; tries++) { // visitors come meanwhile, and may change the order of pages
    const [shown] = await rowsOf(page, "pages");
    await page.reload();
    await settled(page);
    assert.deepEqual(query(page).getAll("f"), ["is,visit:country,DE"]);
    const [again] = await rowsOf(page, "pages");
    if (again !== shown && tries < 10) continue;
    assert.equal(again, shown);
    break;
  }
  await page.keyboard.press("Escape");
  await page.waitForFunction(() => !location.search.includes("f="));
  await page.goBack();
  await page.locator(".chip").waitFor();
});

await check("a filter is edited", async () => {
  await page.goto(`${server}/?f=is,visit:country,DE`);
  await settled(page);
  await page.getByRole("button", { name: "Edit filter: Country is Germany" }).click();
  await page.getByLabel("How", { exact: true }).selectOption("is_not");
  await page.getByRole("button", { name: "Apply" }).click();
  await page.waitForFunction(() => location.search.includes("is_not"));
  await page.locator("#places").scrollIntoViewIfNeeded();
  await page.waitForFunction(() => {
    const names = [...document.querySelectorAll("#places .row bdi")].map((e) => e.textContent);
    return names.length > 1 && !names.includes("Germany");
  });
});

await check("keys choose the period, step through it, compare, and explain themselves", async () => {
  await page.goto(server);
  await live(page);
  for (const [key, period] of [["r", "live"], ["e", "yesterday"], ["7", "7d"], ["8", "28d"], ["9", "91d"], ["m", "month"], ["d", null]]) {
    await page.keyboard.press(key);
    await page.waitForFunction((p) => new URLSearchParams(location.search).get("period") === p, period);
  }
  await page.keyboard.press("ArrowLeft");
  await page.waitForFunction(() => location.search.includes("yesterday"));
  await page.keyboard.press("ArrowRight");
  await page.waitForFunction(() => !location.search.includes("yesterday"));
  await page.keyboard.press("x");
  await page.getByText("Period before", { exact: true }).waitFor();
  await page.locator("#pages .row-change").nth(1).waitFor();
  await page.keyboard.press("?");
  await page.getByRole("dialog").getByText("Compare with the period before").waitFor();
  await shoot("help");
  await page.keyboard.press("Escape");
  await page.keyboard.press("/");
  await page.getByLabel("Value", { exact: true }).waitFor();
  await page.keyboard.type("/shop");
  await page.keyboard.press("Enter");
  await page.locator(".chip").getByText("/shop").waitFor();
});

await check("everything is reached by keyboard alone", async () => {
  await page.goto(server);
  await settled(page);
  await page.keyboard.press("Tab");
  await page.keyboard.press("Enter"); // over the skip link
  const reached = new Set();
  for (let i = 0; i < 60; i++) {
    await page.keyboard.press("Tab");
    reached.add(await page.evaluate(() => document.activeElement.closest(".toolbar, .metrics, .chart, #pages, #sources")?.className || document.activeElement.closest("[id]")?.id));
    if (await page.evaluate(() => document.activeElement.matches("#pages .row-name"))) break;
  }
  for (const part of ["toolbar", "metrics", "chart"]) assert.ok([...reached].some((r) => r?.includes(part)), `${part} was not reached: ${[...reached]}`);
  await page.keyboard.press("Enter");
  await page.locator(".chip").waitFor();
  await page.getByRole("tab", { name: "Top pages" }).focus();
  await page.keyboard.press("ArrowRight");
  await page.waitForFunction(() => location.search.includes("pages=entry") && document.activeElement.textContent === "Entry");
});

await check("whatever opens gives the focus back, and what goes away leaves it beside its place", async () => {
  await page.goto(`${server}/?f=is,visit:device,Desktop`);
  await live(page);
  await settled(page);
  const focused = (opener) => page.waitForFunction((selector) => document.querySelector(selector) === document.activeElement, opener);
  for (const [opener, inside] of [[".period .menu-button", ".menu-list"], [".filter-add", "dialog"], [".chip-text", "dialog"], ["#pages .card-head .button", "dialog"], [".help-button", "dialog"]]) {
    await page.locator(opener).first().focus();
    await page.keyboard.press("Enter");
    await page.locator(`${inside} :focus`).first().waitFor();
    await page.keyboard.press("Escape");
    await page.locator(inside).first().waitFor({ state: "detached" });
    await focused(opener);
  }
  await page.locator(".chip-close").focus();
  await page.keyboard.press("Enter");
  await page.locator(".chip").waitFor({ state: "detached" });
  await focused(".filter-add");
});

await check("an opened list fills its window", async () => {
  await page.goto(`${server}/?list=event:page`);
  const list = page.locator(".list-window");
  await list.locator(".row .num").first().waitFor();
  await list.evaluate((box) => new Promise((done) => {
    const all = () => Math.min(Number(document.querySelector(".list-foot").textContent.replace(/\D/g, "")), Math.floor(box.clientHeight / 36));
    const full = () => (box.querySelectorAll(".row .row-name").length >= all() ? done() : requestAnimationFrame(full));
    full();
  }));
});

await check("a glance tells how fresh and how exact the figures are, and that the books balance", async () => {
  await page.goto(server);
  await live(page);
  await page.getByText(/\ss behind$/).waitFor();
  await page.locator(".now-trust").getByText("Exact, books balance").click();
  await page.waitForFunction(() => document.activeElement.matches("#ledger, [data-card=ledger]"));
});

await check("fingers find what they press, and lists that open are inside the screen", async () => {
  const phone = await browser.newContext({ viewport: { width: 320, height: 640 }, hasTouch: true, isMobile: true, forcedColors: "active", locale: "en-GB" });
  phone.setDefaultTimeout(30_000);
  const touched = await phone.newPage();
  await touched.goto(server);
  await live(touched);
  await settled(touched);
  const small = await touched.locator(".top button, .top nav a, .toolbar button, .card-head button").evaluateAll((all) => all
    .map((e) => [e.textContent || e.ariaLabel, Math.round(e.getBoundingClientRect().height)]).filter(([, height]) => height > 0 && height < 40));
  assert.deepEqual(small, []);
  assert.notEqual(await touched.locator("#pages .bar").first().evaluate((bar) => getComputedStyle(bar).backgroundImage), "none", "bars are seen where colours are forced");
  for (const menu of [".period", ".comparison", ".switcher", ".share"]) {
    await touched.locator(`${menu} .menu-button`).first().tap();
    await touched.locator(".menu-list").waitFor();
    assert.deepEqual(await layoutFaults(touched), [], menu);
    await touched.keyboard.press("Escape");
  }
  await touched.locator("#pages").getByRole("button", { name: /^All of/ }).tap();
  await touched.locator("dialog.wide .search input").waitFor();
  assert.equal(await touched.evaluate(() => document.activeElement?.tagName), "H2", "a list that opens brings up no keyboard");
  await phone.close();
});

await check("no tab and no figure at the top is cut off, however wide the page", async () => {
  const hidden = () => [...document.querySelectorAll(".card-head .tabs, .metric-value")].filter((e) => e.scrollWidth > e.clientWidth + 1).map((e) => `${innerWidth} px: ${e.textContent}`);
  for (const width of [390, 561, 861, 1000, 1100, 1181, 1280, 1640, 1920, 2400]) {
    await page.setViewportSize({ width, height: 900 });
    assert.deepEqual(await page.evaluate(hidden), []);
  }
  await page.setViewportSize({ width: 1280, height: 900 });
});

await check("a span that is drawn on the chart becomes the period", async () => {
  await page.goto(`${server}/?period=live`);
  await settled(page);
  const over = await page.locator("#chart .u-over").boundingBox();
  await page.mouse.move(over.x + over.width * 0.6, over.y + 100);
  await page.locator(".tip").waitFor();
  await shoot("tip");
  await page.mouse.down();
  await page.mouse.move(over.x + over.width * 0.8, over.y + 100, { steps: 4 });
  await page.mouse.up();
  await page.waitForFunction(() => location.search.includes("custom"));
  const minutes = (Date.parse(query(page).get("to")) - Date.parse(query(page).get("from"))) / 60_000;
  assert.ok(minutes >= 4 && minutes <= 10, `${minutes} minutes of 30 were chosen`);
});

await check("the past hour is replayed", async () => {
  await page.goto(`${server}/?period=live`);
  await settled(page);
  const now = await numberIn(metric(page, "pageviews"));
  await page.getByLabel("Moment of the last hour").evaluate((input) => {
    input.value = String(Number(input.max) - 3_000_000);
    input.dispatchEvent(new Event("input", { bubbles: true }));
  });
  await page.getByRole("button", { name: "Back to now" }).waitFor();
  await page.waitForFunction((n) => Number(document.querySelector('.metric[data-metric="pageviews"] .num').textContent.replace(/\D/g, "")) < n, now);
  await page.getByRole("button", { name: "Back to now" }).click();
  await page.waitForFunction((n) => Number(document.querySelector('.metric[data-metric="pageviews"] .num').textContent.replace(/\D/g, "")) >= n, now);
});

await check("a list as CSV is what the API answers", async () => {
  await page.goto(`${server}/?list=visit:source`);
  const href = await page.getByRole("link", { name: "CSV" }).getAttribute("href");
  const asked = JSON.parse(new URL(href).searchParams.get("query"));
  const table = (answer) => answer.results.map((r) => [...r.dimensions, ...r.metrics.map((m) => m ?? "")].join(",")).join("\n");
  const answer = async () => table(await (await fetch(`${server}/api/v2/query`, { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify(asked) })).json());
  for (let tries = 1; ; tries++) { // visitors come meanwhile
    const [before, csv, after] = [await answer(), await (await fetch(href)).text(), await answer()];
    if (before !== after && tries < 50) continue;
    assert.equal(csv.trim().replaceAll("\r", "").split("\n").slice(1).join("\n"), after);
    break;
  }
});

await check("figures that are estimated say so, and no others", async () => {
  assert.equal(await page.locator(".plus-minus").count(), 0);
});

await check("axe finds no serious fault", async () => {
  for (const [address, scheme] of [["/?compare=previous&f=is,visit:country,DE", "light"], ["/?period=live", "dark"], ["/?list=event:page", "light"]]) {
    await page.emulateMedia({ colorScheme: scheme });
    await page.goto(server + address);
    await settled(page);
    await look(page);
    await settled(page);
    assert.deepEqual({ address, faults: await faultsOf(page) }, { address, faults: [] });
  }
  await page.emulateMedia({ colorScheme: "light" });
});

for (const [name, address, colorScheme] of [["today", "/?compare=previous&f=is,visit:device,Desktop", "light"], ["live", "/?period=live", "dark"]]) {
  await page.setViewportSize(DESKTOP);
  await page.emulateMedia({ colorScheme });
  await page.goto(server + address);
  await look(page); // every card has its figures from then on, however wide the page is
  for (const [width, height] of [[2560, 1440], [1280, 900], [820, 1100], [390, 844], [320, 640]]) {
    await check(`everything has its place at ${width} pixels: ${name}, ${colorScheme}`, async () => {
      await page.setViewportSize({ width, height });
      await live(page);
      await settled(page);
      assert.deepEqual(await layoutFaults(page), []);
      assert.equal(await columns(), { 2560: 4, 1280: 2 }[width] ?? 1);
      await shoot(`${name}-${colorScheme}-${width}`, true);
    });
  }
}

await check("it stands from right to left, and on paper", async () => {
  await page.setViewportSize(DESKTOP);
  await page.emulateMedia({ colorScheme: "light" });
  await page.goto(server);
  await live(page);
  await page.evaluate(() => (document.documentElement.dir = "rtl"));
  await look(page);
  await settled(page);
  assert.deepEqual(await layoutFaults(page), []);
  await shoot("rtl", true);
  await page.evaluate(() => (document.documentElement.dir = "ltr"));
  await page.emulateMedia({ media: "print" });
  await shoot("print", true);
  await page.emulateMedia({ media: "screen" });
});

await check("nothing moves when figures change", async () => {
  await page.setViewportSize({ width: 1280, height: 3200 });
  await page.goto(`${server}/?period=live`);
  await look(page);
  await settled(page);
  const posts = [];
  page.on("request", (request) => request.method() === "POST" && posts.push(request));
  const begin = performance.now();
  const cost = await liveCost(browser, page); // a figure that gets a digit more counts a little; a card that moves, much
  measured("live_update_main_thread_ms_p50", cost.p50.toFixed(1));
  measured("live_update_main_thread_ms_p95", cost.p95.toFixed(1));
  measured("live_updates_seen", cost.updates);
  measured("live_requests_for_figures", posts.length);
  assert.deepEqual([...new Set(posts.map((post) => new URL(post.url()).pathname))], ["/api/v2/questions"], "cards ask together");
  const pages = posts.flatMap((post) => post.postDataJSON().questions).filter(({ query }) => query?.dimensions?.[0] === "event:page" && query.metrics[0] === "visitors");
  const seconds = (performance.now() - begin) / 1_000;
  // Once a second, and after a pause once half a second sooner, to be in turn again: four times in three seconds at most, where there are six beats.
  assert.ok(pages.length > 0 && pages.length <= (seconds * 4) / 3 + 2, `rows were asked for ${pages.length} times in ${seconds} s`);
  assert.ok(cost.shift < 0.01, `the layout moved by ${cost.shift}: ${cost.moved}`);
  await page.setViewportSize(DESKTOP); // the latest events are a large part of what is seen there
  await page.locator("#ticker").evaluate((card) => card.scrollIntoView({ block: "center" }));
  await settled(page);
  const seen = await movement(page, () => page.waitForTimeout(4_000));
  measured("live_layout_shift_900", seen.shift.toFixed(4));
  assert.ok(seen.shift < 0.005, `the layout moved by ${seen.shift}: ${seen.moved}`);
});

await check("no other host was asked, nothing was refused by the policy, nothing went wrong", async () => {
  assert.deepEqual([...seen.otherHosts], []);
  assert.deepEqual(seen.complaints, []);
});

await browser.close();
process.exitCode = exitCode();

/** Gives the site goals, and what the demo's visitors do not bring; waits until they have brought the rest. */
async function prepare() {
  const have = async () => (await (await fetch(`${server}/api/v1/sites`)).json()).sites.some((s) => s.id === "demo");
  while (!(await have())) await new Promise((done) => setTimeout(done, 100));
  const answer = await fetch(`${server}/api/v1/sites/demo`, { method: "PATCH", headers: { "content-type": "application/json" }, body: JSON.stringify({ goals: GOALS }) });
  assert.equal(answer.status, 200);
  await send(server, ...Array.from({ length: 30 }, (_, i) => ({
    site: "demo", visitor: `owner-${i}`, url: "/pricing", props: { plan: ["free", "pro", "team"][i % 3] }, vitals: { lcp: 1800 + 60 * i, inp: 90 + 8 * i, cls: 0.01 * i, fcp: 900 + 20 * i, ttfb: 180 + 5 * i },
  })));
  const ask = { site_id: "demo", metrics: ["visitors"], date_range: "24h", dimensions: ["event:goal"] };
  for (;;) {
    const { results } = await (await fetch(`${server}/api/v2/query`, { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify(ask) })).json();
    if (results.length === GOALS.length && results.every((r) => r.metrics[0] > 3)) return;
    await new Promise((done) => setTimeout(done, 250));
  }
}

/** The sum of what the rows of each card show. */
async function figures() {
  const sums = {};
  for (const card of ["pages", "sources", "places", "devices", "goals"]) {
    const texts = await page.locator(`#${card} .row .row-figure:nth-child(2) .num`).allTextContents();
    sums[card] = texts.reduce((sum, t) => sum + Number(t.replace(/[^\d.]/g, "")), 0);
  }
  sums.visitors = await numberIn(metric(page, "visitors"));
  return sums;
}

/** How many cards stand beside each other. */
function columns() {
  return page.locator(".board > .card").evaluateAll((all) => new Set(all.map((e) => Math.round(e.getBoundingClientRect().left))).size);
}

async function shoot(name, whole = false) {
  const size = page.viewportSize();
  if (whole) await page.setViewportSize({ ...size, height: await page.evaluate(() => document.documentElement.scrollHeight) }); // what is far from sight is not drawn
  await page.evaluate(() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))); // what was just changed is drawn
  await page.screenshot({ path: path.join(artifacts, `dashboard-${name}.png`), animations: "disabled" });
  if (whole) await page.setViewportSize(size);
}
