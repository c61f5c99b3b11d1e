// Whether everything on a page has its own place.

/** What is wrong with the layout: cards that overlap, what sticks out of its card or of the page. An empty list where nothing is. */
export function layoutFaults(page) {
  return page.evaluate(() => {
    const faults = [];
    const name = (e) => `${e.tagName.toLowerCase()}${e.id ? `#${e.id}` : ""}.${[...e.classList].join(".")}`;
    const box = (e) => e.getBoundingClientRect();
    const scrolls = (e) => e.scrollWidth > e.clientWidth && getComputedStyle(e).overflowX === "auto";
    const overlap = (a, b) => a.left < b.right - 1 && b.left < a.right - 1 && a.top < b.bottom - 1 && b.top < a.bottom - 1;
    if (document.documentElement.scrollWidth > innerWidth) faults.push(`the page is ${document.documentElement.scrollWidth} px wide`);
    for (const group of [".board > *", ".metrics > *", ".top > *", ".toolbar > *", ".card-head > *", ".filters > *", ".funnel > li"]) {
      for (const parent of new Set([...document.querySelectorAll(group)].map((e) => e.parentElement))) {
        const children = [...parent.children].filter((e) => !["absolute", "fixed"].includes(getComputedStyle(e).position) && box(e).width > 0);
        children.forEach((a, i) => children.slice(i + 1).forEach((b) => overlap(box(a), box(b)) && faults.push(`${name(a)} overlaps ${name(b)}`)));
      }
    }
    for (const list of document.querySelectorAll(".menu-list")) if (box(list).left < 0 || box(list).right > innerWidth) faults.push(`${name(list)} is outside of the page`);
    for (const card of document.querySelectorAll(".card")) {
      const edge = box(card);
      for (const e of card.querySelectorAll("button, select, input, .row-figure, .num, h2, summary, dd, dt, .tip, td, th")) {
        const b = box(e);
        if (b.width === 0 || scrolls(e.parentElement) || e.closest(".scroll, .unseen, .list-window, dialog, .code-box")) continue;
        if (b.left < edge.left - 1 || b.right > edge.right + 1) faults.push(`${name(e)} "${e.textContent.slice(0, 20)}" sticks out of ${name(card)}`);
      }
    }
    return faults;
  });
}
