// How a view looks: whether all of it is inside the page, nothing lies on anything else, and people with other senses get along.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";

const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

/**
 * What axe-core finds serious or worse, when nothing moves and nothing waits for an answer: colours on their way from one to another are none that
 * anybody reads. The page's policy forbids scripts from outside, so this one comes by the debugger.
 */
export async function faultsOf(page) {
  await page.emulateMedia({ reducedMotion: "reduce" }); // which ends every transition, and lets none begin
  await page.waitForFunction(() => document.getAnimations().every((a) => a.playState !== "running") && [...document.querySelectorAll('[aria-busy="true"] > .fades')].every((e) => {
    const { top, bottom } = e.getBoundingClientRect();
    return bottom < 0 || top > innerHeight; // what nobody has seen yet waits on
  }));
  await page.evaluate(axe);
  const { violations } = await page.evaluate(() => globalThis.axe.run(document, { resultTypes: ["violations"] }));
  return violations.filter((v) => v.impact === "serious" || v.impact === "critical").map((v) => `${v.id}: ${v.nodes.map((n) => n.target.join(" ")).join(", ")}`);
}

/** Asserts that nothing is outside the page and that no text lies on another. */
export async function assertTidy(page) {
  const { outside, overlaps, wide } = await page.evaluate(look);
  assert.deepEqual(wide, [], "what makes the page scroll sideways");
  assert.deepEqual(outside, [], "outside the page");
  assert.deepEqual(overlaps, [], "texts that lie on each other");
}

// Runs in the page.
function look() {
  const root = document.querySelector("dialog[open]") ?? document.body;
  const { clientWidth, scrollWidth } = document.documentElement;
  const wide = scrollWidth <= clientWidth ? [] : [`${scrollWidth - clientWidth} px`, ...[...root.querySelectorAll("*")].filter((e) => e.getBoundingClientRect().right > clientWidth + 1).map((e) => `${e.tagName}.${e.getAttribute("class")}`)];
  const texts = [];
  const walk = document.createTreeWalker(root, NodeFilter.SHOW_TEXT);
  while (walk.nextNode()) {
    const node = walk.currentNode;
    const element = node.parentElement;
    if (!node.textContent.trim() || !element.checkVisibility({ opacityProperty: true, visibilityProperty: true }) || element.closest(".unseen, .skip, option, caption, .uplot, svg")) continue;
    const range = document.createRange();
    range.selectNodeContents(node);
    for (const line of range.getClientRects()) {
      const box = clipped(line, element);
      if (box.width > 1 && box.height > 1) texts.push({ node, text: node.textContent.trim().slice(0, 40), box });
    }
  }
  const outside = texts.filter(({ box }) => box.left < -1 || box.right > document.documentElement.clientWidth + 1).map((t) => t.text);
  const overlaps = [];
  for (let i = 0; i < texts.length; i++) {
    for (let j = i + 1; j < texts.length; j++) if (texts[i].node !== texts[j].node && touch(texts[i].box, texts[j].box)) overlaps.push(`${texts[i].text} | ${texts[j].text}`);
  }
  return { outside, overlaps, wide };

  function touch(a, b) {
    return Math.min(a.right, b.right) - Math.max(a.left, b.left) > 2 && Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top) > 4;
  }

  // What is cut off with dots, or scrolled away, is not seen.
  function clipped(rect, element) {
    let { left, right, top, bottom } = rect;
    for (let e = element; e && e !== document.documentElement; e = e.parentElement) {
      const style = getComputedStyle(e);
      if (style.display === "inline" || style.overflowX === "visible" && style.overflowY === "visible") continue;
      const edge = e.getBoundingClientRect();
      [left, right, top, bottom] = [Math.max(left, edge.left), Math.min(right, edge.right), Math.max(top, edge.top), Math.min(bottom, edge.bottom)];
    }
    return { left, right, top, bottom, width: right - left, height: bottom - top };
  }
}
