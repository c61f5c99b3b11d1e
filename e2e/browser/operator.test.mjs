// The arithmetic of the operator's views and of the map, without a browser: node --test.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { isOf, prettyText, tokens } from "../../dashboards/web/js/inspect/json.js";
import { curl, pageScript } from "../../dashboards/web/js/inspect/snippets.js";
import { cut } from "../../dashboards/web/js/map/antimeridian.js";
import { project } from "../../dashboards/web/js/map/projection.js";
import { classOf, CLASSES, edges, shadeOf } from "../../dashboards/web/js/map/scale.js";
import { drawWorld } from "../../dashboards/web/js/map/world.js";
import { layOut, rowsOf } from "../../dashboards/web/js/pipeline/bands.js";

const atlas = JSON.parse(readFileSync(new URL("../../dashboards/web/third_party/world-atlas/countries-110m.json", import.meta.url), "utf8"));

test("every shape is a country that has a name, once, and nothing is drawn across the map", () => {
  const { width, height, shapes } = drawWorld(atlas);
  const names = new Intl.DisplayNames("en", { type: "region", fallback: "none" });
  for (const { country, path } of shapes) {
    assert.ok(names.of(country), `a shape is "${country}"`);
    for (const ring of path.slice(1).split("M")) {
      const xs = ring.replace("Z", "").split("L").map((p) => p.split(",").map(Number));
      for (const [x, y] of xs) assert.ok(x >= 0 && x <= width && y >= 0 && y <= height, `${country} at ${x},${y}`);
      for (let i = 1; i < xs.length; i++) assert.ok(Math.abs(xs[i][0] - xs[i - 1][0]) < width / 4, `${country} reaches across the map`);
    }
  }
  assert.equal(new Set(shapes.map((s) => s.country)).size, shapes.length);
  assert.ok(shapes.length > 170);
});

test("a ring across the 180th meridian comes in at the other side, and keeps its area", () => {
  const area = (ring) => Math.abs(ring.reduce((sum, [x, y], i) => sum + (ring.at(i - 1)[0] * y - x * ring.at(i - 1)[1]), 0)) / 2;
  const parts = cut([[170, 10], [-170, 10], [-170, 20], [170, 20]]);
  assert.equal(parts.length, 2);
  assert.equal(parts.reduce((sum, p) => sum + area(p), 0), 200);
  for (const [lon] of parts.flat()) assert.ok(lon >= -180 && lon <= 180);
  assert.deepEqual(cut([[0, 0], [1, 0], [1, 1]]), [[[0, 0], [1, 0], [1, 1]]]);
});

// Table 1 of the article has the radii of the outline: the equator is 2.7066 long, the pole 1.3173 high.
test("the projection has the measures of its article", () => {
  assert.deepEqual(project(0, 0), [0, 0]);
  assert.ok(Math.abs(project(180, 0)[0] - 2.7066) < 1e-3);
  assert.ok(Math.abs(project(0, 90)[1] - 1.3173) < 1e-3);
  const cell = (lat) => { // equal areas: a cell of 1 by 1 degrees shrinks by the cosine
    const [x] = project(1, lat);
    return x * (project(0, lat + 0.5)[1] - project(0, lat - 0.5)[1]) / Math.cos((lat * Math.PI) / 180);
  };
  for (const lat of [10, 30, 50, 70, 80]) assert.ok(Math.abs(cell(lat) / cell(0) - 1) < 1e-3, `at ${lat}`);
});

test("classes of the map grow, and the greatest wears the strongest colour", () => {
  for (let most = 1; most < 20_000; most = Math.ceil(most * 1.07)) {
    const steps = edges(most);
    assert.ok(steps.length < CLASSES && steps.every((s, i) => Number.isInteger(s) && s > (steps[i - 1] ?? 1) && s <= most), `${most}: ${steps}`);
    assert.equal(shadeOf(classOf(most, steps), steps), CLASSES);
    assert.equal(shadeOf(classOf(0, steps), steps), 0);
    if (steps.length > 0) assert.equal(shadeOf(classOf(1, steps), steps), 1);
  }
});

test("the flow has a row for every outcome, and its bands fill the source", () => {
  const ledger = { received: 1000, counted: 900, duplicate: 0, bot: 60, late: 1, quarantined: 39, in_transit: 0, reasons: { "bot: crawler": 50, "bot: prefetch": 10, "quarantined: not_json": 30 } };
  const rows = rowsOf(ledger);
  assert.deepEqual(rows.map((r) => `${r.part}/${r.reason}/${r.n}`), ["counted//900", "duplicate//0", "bot/crawler/50", "bot/prefetch/10", "late//1", "quarantined//9", "quarantined/not_json/30"]);
  const { bands, height, source } = layOut(rows, { room: 200, least: 2, line: 30, gap: 8 });
  let [top, from] = [0, source.top];
  for (const b of bands) {
    assert.equal(b.top, top);
    assert.ok(Math.abs(b.from - from) < 1e-9 && b.height >= 30 && b.height >= b.thickness && (b.n === 0 ? b.thickness === 0 : b.thickness >= 2));
    [top, from] = [top + b.height, from + b.thickness];
  }
  assert.ok(height === top && Math.abs(from - source.top - source.height) < 1e-9);
});

test("JSON that is set out holds what was sent, whole, cut or broken", () => {
  const texts = ['{"a":1.0,"b":[true,null,{"c":"x,y:{"}],"d":{}}', '{"a":1e400,"long":"' + "x".repeat(50), '{"a":<b>poison 3</b>', "nothing of ours", '[{"a":1},{"a":2}]', '{"é\\u0000":"\\ud83d"}', '{"a" 1 2}'];
  const bare = (text) => text.replace(/\s+/g, "");
  for (const text of texts) {
    assert.equal(bare(tokens(text).map((t) => t.before + t.text).join("")), bare(text));
    assert.ok(text !== prettyText(text) || !/^[{[]/.test(text));
  }
  assert.ok(prettyText('{"a":<b>poison 3</b>').includes("poison 3"));
  assert.deepEqual(JSON.parse(prettyText(texts[0])), JSON.parse(texts[0]));
});

test("the fields that failed are found by their paths", () => {
  const marked = (text, ...fields) => tokens(text).filter((t) => isOf(t, fields)).map((t) => t.text).join("");
  const text = '{"url":404,"props":{"plan":"a","bad":{"a":1}},"name":"url"}';
  assert.equal(marked(text, "url"), '"url":404');
  assert.equal(marked(text, "props.bad"), '"bad":{"a":1}');
  assert.equal(marked(text, "site"), "");
  assert.equal(marked(text, ""), "");
});

test("a command to copy keeps what it quotes", () => {
  assert.ok(curl(`{"a":"it's"}`, "http://h/v1/events", "").includes(`'{"a":"it'\\''s"}'`));
  assert.ok(curl("{}", "http://h/v1/events", "sk_x").includes("'Authorization: Bearer sk_x'"));
});

test("the page about pages has the script that the inspector gives", () => {
  const text = readFileSync(new URL("../../docs/BROWSER.md", import.meta.url), "utf8");
  assert.equal(text.match(/```html\n(.*?)\n```/s)?.[1], pageScript("shop", "https://stats.example/v1/events", ""));
  assert.match(pageScript("shop", "https://stats.example/v1/events", "sk_x"), /"https:\/\/stats\.example\/v1\/events\?key=sk_x"/);
});
