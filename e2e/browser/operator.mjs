// The views beside a site's: the pipeline, the inspector, tiles, TV mode, the map.
//
//     node operator.mjs SERVER KINESIS GATED ARTIFACTS
//
// SERVER has demo traffic and KINESIS is its stream; GATED is the address that logs in at a server with access control.

import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import http from "node:http";
import path from "node:path";
import { promisify } from "node:util";
import { launch } from "./chromium.mjs";
import { assertTidy, faultsOf } from "./looks.mjs";
import { startProxy } from "./proxy.mjs";
import { check, exitCode, measured } from "./report.mjs";
import { watch } from "./watch.mjs";

const run = promisify(execFile);
const [server, kinesis, gated, artifacts] = process.argv.slice(2);
const HOSTILE = "<img src=x onerror=alert(1)>";
const JSON_BODY = { "content-type": "application/json" };

const browser = await launch();
const context = await browser.newContext({ viewport: { width: 1280, height: 900 }, locale: "en-GB", permissions: ["clipboard-read", "clipboard-write"] });
context.setDefaultTimeout(20_000);
const seen = watch(context, new URL(server).origin);
const page = await context.newPage();

await check("the pipeline view fills every part", async () => {
  await Promise.all([send({ id: "twice" }), send({ ts: Date.now() - 30 * 3_600_000 }), curl({ site: "demo", name: 7 })]);
  await send({ id: "twice" });
  const sites = `${server}/api/v1/sites`;
  await fetch(sites, { method: "POST", headers: JSON_BODY, body: '{"id":"later.example"}' });
  await fetch(`${sites}/later.example`, { method: "DELETE" }); // events of a site that was removed are no longer taken from the stream
  await put(`{"site":"later.example","name":"pageview","url":"/${HOSTILE}","id":"later-1","visitor":"v"}`);
  await page.goto(`${server}/_/pipeline`);
  for (const title of ["Throughput", "From click to number", "The ledger", "Shards", "Dead letters"]) await page.getByRole("heading", { name: title, exact: true }).waitFor();
  await page.getByText("The books balance", { exact: true }).waitFor();
  await page.locator(".shards tbody tr").nth(1).waitFor();
  await page.locator(".figure-value").nth(5).waitFor();
  for (const outcome of ["Counted", "Duplicate", "Bot", "Late", "Quarantined"]) {
    await page.waitForFunction((name) => [...document.querySelectorAll(".sankey-row")].some((row) => row.textContent.startsWith(name) && row.dataset.none === "false"), outcome);
  }
  assert.ok(await page.locator(".sankey-band").count() >= 5, "bands are drawn");
  await page.locator(".lines canvas").nth(1).waitFor();
  assert.deepEqual(await page.locator(".figure-value").evaluateAll((all) => all.filter((e) => !/\d/.test(e.textContent)).length), 0);
});

await check("the time from click to number has its course, step by step", async () => {
  for (const line of ["Half", "95%", "99%", "95% on disk"]) await page.locator(".lines-key", { hasText: new RegExp(`^${line} \\d`) }).waitFor();
  const { history, delay } = await (await fetch(`${server}/api/v1/pipeline`)).json();
  const steps = history.map((m) => m.delay).filter(Boolean);
  assert.ok(steps.length > 0 && steps.every(({ p50_ms: half, p95_ms: most, p99_ms: all, count }) => half > 0 && half <= most && most <= all && count > 0), JSON.stringify(steps));
  assert.ok(steps.reduce((sum, s) => sum + s.count, 0) <= delay.count, "no event is in two steps");
});

await check("the flow and its table for those who do not see it say the same", async () => {
  const { drawn, told } = await page.evaluate(() => ({
    drawn: [...document.querySelectorAll(".sankey-row")].map((row) => [".sankey-count", ".sankey-share"].map((part) => row.querySelector(part).textContent)),
    told: [...document.querySelectorAll(".books table tbody tr")].map((tr) => [...tr.cells].slice(2).map((cell) => cell.textContent)),
  }));
  assert.ok(drawn.length >= 5);
  assert.deepEqual(told, drawn);
});

await check("samples of an outcome open in a drawer", async () => {
  await page.getByRole("button", { name: /^Duplicate/ }).click();
  await page.locator(".drawer .sample").first().waitFor();
  await settled();
  await assertTidy(page);
  assert.deepEqual(await faultsOf(page), []);
  await shoot("pipeline-samples");
  await page.keyboard.press("Escape");
  assert.equal(await page.locator(".drawer").count(), 0);
});

await check("what the door refused is told by its field, all of it, and a field narrows the samples", async () => {
  await Promise.all([1, 2, 3].map((n) => send({ name: n, url: n, props: { "<b>size": [n] } }))); // within a second, of which one sample is taken
  const row = (name) => page.locator(".drawer .kind", { hasText: name });
  const idle = (field) => page.waitForFunction((field) => { // at one moment: the list is asked for again
    const all = [...document.querySelectorAll(".drawer .sample")];
    return all.length > 0 && all.every((s) => [...s.querySelectorAll(".entry-errors code")].some((c) => c.textContent === field));
  }, field);
  await page.locator(".refused-field", { hasText: "name" }).click();
  await idle("name");
  await row("url").and(page.locator('[aria-pressed="false"]')).filter({ hasText: "3" }).waitFor();
  await row("name").filter({ hasText: "4" }).and(page.locator('[aria-pressed="true"]')).waitFor(); // a single one came before
  await row("props.<b>size").click();
  await idle("props.<b>size");
  await settled();
  await assertTidy(page);
  assert.deepEqual(await faultsOf(page), []);
  await shoot("pipeline-fields");
  const { refused } = await (await fetch(`${server}/api/v1/ledger?from=${new Date(Date.now() - 86_400_000).toISOString()}`)).json();
  assert.ok(refused.events >= 4);
  await page.waitForFunction((known) => { // the demo goes on meanwhile
    const told = [...document.querySelectorAll(".drawer .kind .num")].map((n) => Number(n.textContent));
    return told.reduce((sum, n) => sum + n, 0) >= known;
  }, refused.rows.reduce((sum, r) => sum + r.n, 0));
  await page.getByRole("button", { name: "Show all" }).click();
  assert.equal(await page.locator('.drawer .kind[aria-pressed="true"]').count(), 0);
  await page.keyboard.press("Escape");
});

await check("a reason of the books narrows the samples of its outcome", async () => {
  await page.getByRole("button", { name: /^Bot/ }).first().click();
  const picked = page.locator('.drawer .kind[aria-pressed="true"]');
  await picked.waitFor();
  const [flow, listed] = await Promise.all([page.locator(".sankey-row", { hasText: /^Bot/ }).first().locator(".sankey-reason").textContent(), picked.locator("b").textContent()]);
  assert.equal(listed, flow);
  await picked.click();
  await picked.waitFor({ state: "detached" });
  await page.keyboard.press("Escape");
});

await check("a poisoned record is shown, and redriven from the page", async () => {
  await page.locator(".letter-open", { hasText: "unknown site" }).click();
  const drawer = page.locator(".drawer");
  await drawer.getByText("later-1").waitFor();
  assert.ok((await drawer.locator(".snippet").textContent()).includes(HOSTILE), "markup is text");
  await settled();
  assert.deepEqual(await faultsOf(page), []);
  await shoot("pipeline-letter");
  await drawer.getByRole("button", { name: "Redrive" }).click();
  await page.getByRole("dialog").getByRole("button", { name: "Redrive" }).click();
  await page.getByText(/^stayed:/).waitFor(); // the site is still unknown
  await page.getByRole("button", { name: "Done" }).click();
  const made = await fetch(`${server}/api/v1/sites`, { method: "POST", headers: JSON_BODY, body: '{"id":"later.example"}' });
  assert.equal(made.status, 201);
  await page.locator(".letter", { hasText: "unknown site" }).getByRole("checkbox").check();
  await page.getByRole("button", { name: "Redrive 1" }).click();
  await page.getByRole("dialog").getByRole("button", { name: "Redrive" }).click();
  await page.getByText("now counted").first().waitFor();
  await shoot("pipeline-redriven");
  await page.getByRole("button", { name: "Done" }).click();
});

await check("the ledger's span and the site stand in the address", async () => {
  await page.getByRole("tab", { name: "Last hour" }).click();
  await page.getByRole("button", { name: /choose a site/ }).click();
  await page.getByRole("link", { name: "demo" }).click();
  const { searchParams } = new URL(page.url());
  assert.deepEqual([searchParams.get("span"), searchParams.get("site")], ["hour", "demo"]);
  await page.goBack();
  await page.getByRole("button", { name: /^All sites/ }).waitFor();
});

await check("books that are old say of when they are, and nothing moves for it", async () => {
  const cut = await browser.newContext({ viewport: { width: 1280, height: 900 }, locale: "en-GB" }); // what fails on purpose is no complaint
  const opened = await cut.newPage();
  opened.setDefaultTimeout(20_000);
  await opened.goto(`${server}/_/pipeline`);
  await opened.locator(".sankey-band").first().waitFor();
  const top = () => opened.locator(".books .sankey").evaluate((e) => e.getBoundingClientRect().top + scrollY);
  const before = await top();
  await opened.route("**/api/v1/ledger?*", (asked) => asked.abort());
  await opened.locator(".books .as-of", { hasText: /^as of \d/ }).waitFor({ timeout: 40_000 });
  assert.equal(await top(), before);
  await opened.unroute("**/api/v1/ledger?*");
  await opened.locator(".books .as-of", { hasText: /^\s*$/ }).waitFor();

  await opened.route("**/api/v1/live?*", (asked) => asked.fulfill({ status: 404, json: { error: { code: "not_found", message: "no stream" } } })); // as behind API Gateway
  await opened.route("**/api/v1/live/snapshot?*", async (asked) => {
    const answer = await asked.fetch();
    if (answer.status() !== 200) return asked.fulfill({ response: answer });
    const json = await answer.json();
    json.ledger.as_of = json.as_of - 20_000;
    return asked.fulfill({ response: answer, json });
  });
  await opened.setViewportSize({ width: 1280, height: 4000 }); // what is out of sight is not drawn, and cards move until all are
  await opened.goto(`${server}/demo`);
  await opened.locator("#ledger .as-of", { hasText: /^as of \d/ }).waitFor();
  await cut.close();
});

await check("where functions note it, the course has a point a minute of the last hour, and what nobody knows has no column", async () => {
  const aside = await browser.newContext({ viewport: { width: 1280, height: 900 }, locale: "en-GB" });
  const opened = await aside.newPage();
  opened.setDefaultTimeout(20_000);
  await opened.route("**/api/v1/pipeline", async (asked) => { // as the function answers it
    const answer = await asked.fetch();
    const json = await answer.json();
    const newest = json.as_of - (json.as_of % 60_000);
    json.history = Array.from({ length: 59 }, (_, i) => ({ ...json.history.at(-1), t: newest - (58 - i) * 60_000 }));
    Object.assign(json, { step_ms: 60_000, missing: ["shards.stalled_ms", "shards.bisects", "shards.discarded", "rollup.last_pass_at", "rollup.passes", "rollup.failures", "store"] });
    return asked.fulfill({ response: answer, json });
  });
  await opened.goto(`${server}/_/pipeline`);
  await opened.getByText("a second, last hour").waitFor();
  await opened.getByRole("img", { name: /each minute of the last hour/ }).waitFor();
  const heads = await opened.locator(".shards thead th").allTextContents();
  assert.ok(heads.includes("Retries") && !heads.includes("Bisects") && !heads.includes("Discarded"), String(heads));
  assert.deepEqual(await faultsOf(opened), []);
  await opened.screenshot({ path: path.join(artifacts, "pipeline-functions.png"), fullPage: true });
  await aside.close();
});

await looksWell("pipeline", "/_/pipeline", ".sankey-band");

await check("the inspector waits with what to do, and the button on it sends an event", async () => {
  await page.goto(`${server}/_/inspect?site=integrated.example`);
  await page.getByRole("heading", { name: /Waiting for the first event/ }).waitFor();
  assert.deepEqual(await faultsOf(page), []);
  await shoot("inspect-empty");
  await page.getByRole("button", { name: "Send a test event" }).click();
  await page.locator(".stream-row", { hasText: "/hello" }).waitFor();
});

await check("it shows a good and a bad event sent by curl, and the field that failed", async () => {
  await curl({ site: "integrated.example", name: "good", url: `https://x.example/${HOSTILE}` });
  await page.locator(".stream-row", { hasText: "good" }).waitFor();
  const start = performance.now();
  await curl({ site: "integrated.example", name: "bad", url: 404, props: { plan: "free", nested: { a: 1 } } });
  await page.locator(".stream-row", { hasText: "bad" }).waitFor();
  measured("curl_to_inspector_ms", (performance.now() - start).toFixed(0));
  await page.locator(".stream-row", { hasText: "bad" }).click();
  await page.locator(".inspect-entry mark").first().waitFor();
  const marked = await page.locator(".inspect-entry mark").allTextContents();
  assert.ok(marked.includes('"url"') && marked.includes("404") && marked.includes('"nested"'), `marked are ${marked}`);
  assert.ok(!marked.includes('"plan"'));
  await page.locator(".inspect-refused .refused-field", { hasText: "props.nested" }).waitFor();
  await page.getByText("1 event in the last hour").waitFor();
  await page.locator(".entry-errors li", { hasText: "url" }).waitFor();
  await page.getByRole("tab", { name: "Invalid" }).click();
  assert.equal(await page.locator(".stream-row", { hasText: "good" }).count(), 0);
  await page.getByRole("tab", { name: "All" }).click();
});

await check("the command that it copies sends the same event", async () => {
  const before = await page.locator(".stream-row", { hasText: "good" }).count();
  await page.locator(".stream-row", { hasText: "good" }).first().click();
  await page.getByRole("button", { name: "Copy as curl" }).click();
  await page.getByRole("button", { name: "Copied" }).waitFor();
  await run("sh", ["-c", await page.evaluate(() => navigator.clipboard.readText())]);
  await page.waitForFunction((n) => [...document.querySelectorAll(".stream-row")].filter((r) => r.textContent.includes("good")).length > n, before);
});

await check("paused, it keeps what comes for later", async () => {
  await page.getByRole("button", { name: "Pause" }).click();
  await curl({ site: "integrated.example", name: "meanwhile" });
  await page.getByRole("button", { name: "Go on (1)" }).waitFor();
  assert.equal(await page.locator(".stream-row", { hasText: "meanwhile" }).count(), 0);
  await page.getByRole("button", { name: "Go on (1)" }).click();
  await page.locator(".stream-row", { hasText: "meanwhile" }).waitFor();
});

await looksWell("inspect", "/_/inspect?site=integrated.example", ".stream-row", async (opened, width) => {
  if (width >= 980) await opened.locator(".stream-row", { hasText: "bad" }).click();
});

await check("the properties that the server knows of are offered, in a browser that never was here", async () => {
  const events = Array.from({ length: 250 }, (_, i) => ({ site: "props.example", name: "buy", visitor: `v${i}`, ...(i === 0 && { props: { shade: "red" } }) })); // more than the door remembers
  await fetch(`${server}/v1/events`, { method: "POST", headers: JSON_BODY, body: JSON.stringify(events) });
  const fresh = await browser.newContext({ locale: "en-GB" });
  const opened = await fresh.newPage();
  await opened.goto(`${server}/props.example`);
  await opened.locator("#ledger [data-text=counted]", { hasText: "250" }).waitFor({ state: "attached" });
  await opened.reload(); // it asks once
  await opened.locator("#properties").scrollIntoViewIfNeeded();
  await opened.locator("#property option", { hasText: "shade" }).waitFor({ state: "attached" });
  await opened.locator("#properties .row", { hasText: "red" }).waitFor();
  await fresh.close();
});

await check("the map shows names, and a click or a key picks a country", async () => {
  await page.goto(`${server}/demo?places=map`);
  await page.locator("#places").scrollIntoViewIfNeeded();
  const germany = page.locator('.country[data-country="DE"]');
  await germany.hover();
  await page.locator(".map-tip", { hasText: "Germany" }).waitFor();
  await settled();
  await page.locator(".map").screenshot({ path: path.join(artifacts, "map.png") });
  await germany.click();
  await page.waitForFunction(() => new URL(location.href).searchParams.getAll("f").some((f) => f.includes("DE")));
  await page.locator(".chip", { hasText: "Germany" }).waitFor();
  await settled(); // a key reaches nothing while the answer to the click is being drawn
  await page.locator('.country[data-country="DE"][aria-pressed="true"]').press("Enter");
  await page.waitForFunction(() => !new URL(location.href).searchParams.has("f"));
  await settled();
  const other = page.locator('.country[role="button"][tabindex="-1"]').first(); // not where the keyboard stops
  const code = await other.getAttribute("data-country");
  await page.locator(`.country[data-country="${code}"]`).press("Enter");
  await page.waitForFunction((c) => new URL(location.href).searchParams.getAll("f").some((f) => f.includes(c)), code);
});

await check("the script for a page sends its views without a load, its events and what leads elsewhere", async () => {
  await page.goto(`${server}/_/inspect?site=scripted.example`);
  await page.getByRole("tab", { name: "For a page" }).click();
  const code = await page.locator("#sender-code").textContent();
  const arrived = async () => {
    const list = await (await fetch(`${server}/api/v1/inspect?site=scripted.example`, { headers: { accept: "application/json" } })).json();
    return Array.isArray(list) ? list.map((e) => ({ ...JSON.parse(e.event), status: e.status })) : []; // the first event makes the site
  };
  let events = [];
  await inOtherPage(browser, `${code}<a href="https://elsewhere.example/tea" onclick="event.preventDefault()">Out</a><p style="height: 3000px">Long</p>`, async (other) => {
    await other.waitForTimeout(50);
    await other.evaluate(() => {
      history.pushState({}, "", "/tea?size=2");
      history.replaceState({}, "", "/tea?size=2#leaves");
      globalThis.streamgauge("Signup", { plan: "pro" });
    });
    await other.getByText("Out").click();
    await other.waitForTimeout(50);
    await other.goto("about:blank");
    for (let i = 0; i < 100 && events.length < 6; i++) { // a page that is closed takes what it was about to send with it
      await page.waitForTimeout(100);
      events = await arrived();
    }
  });
  assert.deepEqual(events.map((e) => [e.status, e.name, new URL(e.url).pathname]).sort(), [
    ["accepted", "Signup", "/tea"], ["accepted", "engagement", "/"], ["accepted", "engagement", "/tea"], ["accepted", "outbound", "/tea"], ["accepted", "pageview", "/"], ["accepted", "pageview", "/tea"],
  ]);
  const named = (name) => events.filter((e) => e.name === name);
  assert.deepEqual([named("Signup")[0].props, named("outbound")[0].props], [{ plan: "pro" }, { url: "https://elsewhere.example/tea" }]);
  for (const e of named("engagement")) assert.ok(e.engaged_ms >= 40 && e.scroll > 0 && e.scroll < 50, JSON.stringify(e));
  assert.equal(new Set(events.map((e) => e.session)).size, 1);
  assert.ok(events.every((e) => e.session && e.id === undefined && e.ts === undefined), "when an event was is told by its arrival");
});

await check("tiles show figures in a page of another origin", async () => {
  const tiles = ["?period=day", "?by=country&period=day&theme=dark", "?metric=current_visitors", "?by=page&period=day"];
  const frames = tiles.map((q, i) => `<iframe src="${server}/_/tile/demo${q}" width="${[260, 300, 200, 300][i]}" height="${[150, 220, 80, 320][i]}" style="border:0"></iframe>`);
  await inOtherPage(browser, frames.join(" "), async (other) => {
    for (let i = 0; i < tiles.length; i++) await other.frameLocator("iframe").nth(i).locator(".tile-value, .tile-row").first().waitFor();
    assert.match(await other.frameLocator("iframe").nth(0).locator(".tile-value").textContent(), /\d/);
    assert.equal(await other.frameLocator("iframe").nth(1).locator("html").getAttribute("data-theme"), "dark");
    for (const frame of other.frames().slice(1)) assert.ok(await frame.evaluate(() => document.querySelector(".tile").scrollHeight <= innerHeight + 1 && document.documentElement.scrollWidth <= innerWidth), "a tile fits its frame");
    await other.screenshot({ path: path.join(artifacts, "tiles.png") });
  });
});

await check("no other view can be framed", async () => {
  await inOtherPage(browser, `<iframe src="${server}/_/pipeline"></iframe>`, async (other) => {
    await other.waitForTimeout(500);
    assert.equal(await other.frameLocator("iframe").locator("#app").count(), 0);
  });
});

await check("with access control the code of the dialog shows its tile to whoever has no access", async () => {
  const inside = await browser.newContext({ locale: "en-GB" });
  const opened = await inside.newPage();
  await opened.goto(gated);
  await opened.goto(new URL("/_/inspect?site=walled.example", gated).href);
  const command = opened.locator("#sender-code", { hasText: "Bearer sk_" });
  await command.waitFor();
  await run("sh", ["-c", await command.textContent()]); // this browser, being headless, would be taken for automation
  await opened.goto(new URL("/silent.example", gated).href);
  await opened.locator('#start [data-text="command"]', { hasText: "authorization: Bearer sk_" }).waitFor();
  await opened.goto(new URL("/walled.example", gated).href);
  await opened.getByRole("button", { name: "Show elsewhere" }).click();
  await opened.getByRole("button", { name: "Embed a tile" }).click();
  await opened.locator("select[name=period]").selectOption("day");
  await opened.locator(".tile-code .snippet", { hasText: /period=day.*key=tk_/ }).waitFor();
  await opened.frameLocator(".tile-preview iframe").locator(".tile-value").waitFor();
  await opened.screenshot({ path: path.join(artifacts, "tile-dialog.png") });
  assert.deepEqual(await faultsOf(opened), []);
  const code = await opened.locator(".tile-code .snippet").textContent();
  await inOtherPage(browser, code, async (other) => {
    await other.frameLocator("iframe").locator(".tile-value", { hasText: "1" }).waitFor();
  });
  await inOtherPage(browser, code.replace("metric=visitors", "metric=pageviews"), async (other) => {
    await other.frameLocator("iframe").getByText("The key is not this tile", { exact: false }).or(other.frameLocator("iframe").getByText("the key is not this tile", { exact: false })).waitFor();
  });
  opened.once("dialog", (asked) => asked.accept());
  await opened.getByRole("button", { name: "End this key now" }).click();
  await opened.getByText("The key is ended. This code has a new one.").waitFor();
  await inOtherPage(browser, code, async (other) => {
    await other.frameLocator("iframe").getByText(/^This tile was ended on .* UTC\.$/).waitFor();
  });
  await inOtherPage(browser, await opened.locator(".tile-code .snippet", { hasText: /key=tk_.*%7E1/ }).textContent(), async (other) => {
    await other.frameLocator("iframe").locator(".tile-value", { hasText: "1" }).waitFor();
  });
  await opened.locator("select[name=ends]").selectOption("30");
  await opened.getByText(/^Whoever reads.*It ends on .*, or earlier when/).waitFor();
  const ending = await opened.locator(".tile-code .snippet", { hasText: /key=tk_\d+\./ }).textContent();
  await inOtherPage(browser, ending, async (other) => {
    await other.frameLocator("iframe").locator(".tile-value", { hasText: "1" }).waitFor();
  });
  await opened.locator("select[name=ends]").selectOption("date");
  await opened.locator("input[name=date]").fill("2020-01-01");
  await opened.locator(".dialog-fault", { hasText: "must end in the future" }).waitFor();
  await inside.close();
  const soon = new URL("/api/v1/tile/key?site=walled.example&period=day", gated);
  soon.searchParams.set("expires", new Date(Date.now() + 2_000).toISOString());
  const { key } = await (await fetch(soon, { headers: { authorization: `Bearer ${new URL(gated).searchParams.get("token")}` } })).json();
  await inOtherPage(browser, `<iframe src="${new URL(`/_/tile/walled.example?period=day&key=${key}`, gated)}"></iframe>`, async (other) => {
    await other.waitForTimeout(2_000);
    await other.reload();
    await other.frameLocator("iframe").getByText(/^This tile ended on .* UTC\.$/).waitFor();
    assert.equal(await other.frameLocator("iframe").locator("button, .tile-value").count(), 0);
  });
});

await check("TV mode shows the present, stays awake, turns its cards, and survives a lost connection", async () => {
  const proxy = await startProxy(server);
  const wall = await browser.newContext({ viewport: { width: 1920, height: 1080 }, colorScheme: "dark", locale: "en-GB", permissions: ["screen-wake-lock"] });
  const tv = await wall.newPage();
  await tv.clock.install();
  await tv.goto(`${proxy.url}/demo?tv=1`);
  await tv.locator(".tv-current", { hasText: /\d/ }).waitFor();
  await tv.locator(".tile-row").first().waitFor();
  assert.equal(await tv.locator("a, button, select, input").count(), 0, "there are controls");
  measured("tv_screen_awake", String(await tv.evaluate(() => document.documentElement.dataset.awake)));
  await tv.screenshot({ path: path.join(artifacts, "tv-pages.png") });
  await tv.clock.runFor(15_000);
  await tv.locator(".map svg").waitFor();
  await tv.screenshot({ path: path.join(artifacts, "tv-map.png"), animations: "disabled" });
  proxy.cut();
  await tv.locator('.tv-state[data-lost="true"]').waitFor();
  await tv.clock.runFor(1_000); // what was told before the loss is shown by then
  const current = await tv.locator(".tv-current").textContent();
  assert.match(current, /\d/);
  await tv.clock.runFor(10_000);
  await tv.locator('.tv-state[data-lost="true"]').waitFor();
  assert.equal(await tv.locator(".tv-current").textContent(), current, "the last numbers stay");
  proxy.heal();
  await tv.clock.runFor(20_000);
  await tv.locator('.tv-state[data-lost="false"]').waitFor();
  await assertTidy(tv);
  assert.deepEqual(await faultsOf(tv), []);
  await tv.keyboard.press("Escape");
  await tv.waitForFunction(() => document.documentElement.dataset.view === "site");
  await wall.close();
  await proxy.close();
});

await check("no other host was asked, nothing was refused by the policy, nothing went wrong", async () => {
  assert.deepEqual([...seen.otherHosts], []);
  assert.deepEqual(seen.dialogs, []);
  assert.deepEqual(seen.complaints, []);
});

await browser.close();
process.exitCode = exitCode();

/** Looks at a view in each width, light and dark. */
async function looksWell(name, address, filled, prepare = async () => {}) {
  for (const colorScheme of ["light", "dark"]) {
    const context = await browser.newContext({ viewport: { width: 320, height: 900 }, colorScheme, locale: "en-GB", reducedMotion: "reduce" });
    const opened = await context.newPage();
    opened.setDefaultTimeout(20_000);
    await opened.goto(server + address);
    for (const width of [320, 390, 1280]) {
      await check(`${name} is tidy and open to all at ${width} pixels, ${colorScheme}`, async () => {
        await opened.setViewportSize({ width, height: 900 });
        await opened.locator(filled).first().waitFor();
        await prepare(opened, width);
        await opened.screenshot({ path: path.join(artifacts, `${name}-${colorScheme}-${width}.png`), fullPage: true });
        await assertTidy(opened);
        if (width !== 390) assert.deepEqual(await faultsOf(opened), []); // between a narrow page and a wide one there is nothing else to be heard
      });
    }
    await context.close();
  }
}

/** Holds markup in a page of another origin, in a browser that has never been here. */
async function inOtherPage(browser, markup, body) {
  const origin = http.createServer((_, response) => response.setHeader("content-type", "text/html").end(`<!doctype html><html lang="en"><title>Other</title><body>${markup}`));
  await new Promise((listening) => origin.listen(0, "127.0.0.1", listening));
  const stranger = await browser.newContext({ locale: "en-GB", viewport: { width: 720, height: 640 } });
  try {
    const other = await stranger.newPage();
    other.setDefaultTimeout(20_000);
    await other.goto(`http://localhost:${origin.address().port}`);
    await body(other);
  } finally {
    await stranger.close();
    origin.closeAllConnections();
    await new Promise((closed) => origin.close(closed));
  }
}

function send(event) {
  return fetch(`${server}/v1/events`, { method: "POST", headers: JSON_BODY, body: JSON.stringify({ site: "demo", name: "pageview", url: "https://demo.example/sent", visitor: "v", ...event }) });
}

/** Sends an event as a person would who tries it out. */
function curl(event) {
  return run("curl", ["-sS", "-H", "Content-Type: application/json", "--data-raw", JSON.stringify(event), `${server}/v1/events`]);
}

/** Puts a record straight onto the stream. */
async function put(data) {
  const answer = await fetch(kinesis, {
    method: "POST", headers: { "content-type": "application/x-amz-json-1.1", "x-amz-target": "Kinesis_20131202.PutRecord" },
    body: JSON.stringify({ StreamName: "clicks", PartitionKey: "p", Data: Buffer.from(data).toString("base64") }),
  });
  assert.equal(answer.status, 200);
}

/** Waits until nothing moves. */
function settled() {
  return page.evaluate(() => Promise.all(document.getAnimations().filter((a) => a.effect?.getTiming().iterations !== Infinity).map((a) => a.finished.catch(() => {}))));
}

async function shoot(name) {
  await settled();
  await page.screenshot({ path: path.join(artifacts, `${name}.png`) });
}
