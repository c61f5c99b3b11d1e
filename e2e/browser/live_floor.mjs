// What a live page shows, without all that it is made by: the same texts, bars and lines change at the same moments in a copy of the page, and a chart of
// the same size is drawn anew. What that takes is the floor of a live update.

import { copyOf, serve } from "./copy.mjs";
import { mainThread } from "./speed.mjs";

const SETTLES = 1_500; // ms: what loading the copy takes is no update

/** Watches what changes in a live page for some seconds. */
export async function recordingOf(page, seconds) {
  const copy = await copyOf(page);
  return { copy, seconds, viewport: page.viewportSize(), changes: await page.evaluate(record, seconds * 1_000) };
}

/** Measures the main thread of a copy in which the same changes. No other page may be open: the threads of all are measured. */
export async function liveFloor(browser, { copy, seconds, viewport, changes }) {
  const server = await serve(copy);
  const context = await browser.newContext({ viewport });
  const page = await context.newPage();
  await page.goto(server.address);
  await page.evaluate((all) => void (window.changes = all), changes);
  await page.waitForTimeout(SETTLES);
  const cost = await mainThread(browser, page, () => page.evaluate(replay, seconds * 1_000));
  await context.close();
  await server.close();
  return cost;
}

// Runs in the live page: which texts and attributes change in it and when, and whether the chart is drawn. An element is told by its place
// among its parent's, and by those of all that it is in.
function record(ms) {
  const place = (element) => (element === document.body ? [] : [...place(element.parentElement), [...element.parentElement.children].indexOf(element)]);
  const textOf = (element) => [...element.childNodes].filter((n) => n.nodeType === Node.TEXT_NODE).map((n) => n.data).join("");
  const withText = (node) => (node.nodeType === Node.TEXT_NODE ? [node.parentElement] : [node, ...(node.querySelectorAll?.("*") ?? [])].filter((e) => textOf(e).trim()));
  const begin = performance.now();
  const changes = [];
  const drawing = CanvasRenderingContext2D.prototype.clearRect;
  let drawn = false;
  CanvasRenderingContext2D.prototype.clearRect = function (...box) {
    drawn = true;
    return drawing.apply(this, box);
  };
  const watcher = new MutationObserver((all) => {
    const texts = new Set(all.flatMap((m) => (m.type === "characterData" ? [m.target.parentElement] : [...m.addedNodes].flatMap(withText))).filter((e) => e && document.body.contains(e)));
    const attributes = all.filter((m) => m.type === "attributes" && document.body.contains(m.target)).map((m) => [place(m.target), m.attributeName, m.target.getAttribute(m.attributeName)]);
    changes.push({ at: performance.now() - begin, drawn, texts: [...texts].map((e) => [place(e), textOf(e)]), attributes });
    drawn = false;
  });
  watcher.observe(document.body, { subtree: true, childList: true, characterData: true, attributes: true });
  return new Promise((done) => setTimeout(() => {
    watcher.disconnect();
    CanvasRenderingContext2D.prototype.clearRect = drawing;
    done(changes);
  }, ms));
}

// Runs in the copy.
function replay(ms) {
  const elementAt = (place) => place.reduce((element, i) => element?.children[i], document.body);
  const canvas = document.querySelector("#chart canvas");
  const chart = canvas.getContext("2d");
  function draw() {
    chart.clearRect(0, 0, canvas.width, canvas.height);
    for (let i = 0; i < 12; i++) chart.fillText("12:34", (i * canvas.width) / 12, canvas.height - 10);
    for (let i = 0; i < 6; i++) chart.fillRect(0, (i * canvas.height) / 6, canvas.width, 1);
    chart.beginPath();
    for (let i = 0; i < 60; i++) chart.lineTo((i * canvas.width) / 60, canvas.height * Math.random());
    chart.fill();
    chart.stroke();
  }
  function show({ drawn, texts, attributes }) {
    for (const [place, text] of texts) {
      const element = elementAt(place);
      const node = [...(element?.childNodes ?? [])].find((n) => n.nodeType === Node.TEXT_NODE && n.data.trim());
      if (node && node.data !== text) node.data = text;
    }
    for (const [place, name, value] of attributes) value !== null && elementAt(place)?.setAttribute(name, value);
    if (drawn) draw();
  }
  for (const change of window.changes) setTimeout(() => show(change), change.at);
  return new Promise((done) => setTimeout(done, ms));
}
