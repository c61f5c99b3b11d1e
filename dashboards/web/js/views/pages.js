// The top pages. What a page is called was written by whoever sent the event: it is text, whatever it looks like.

import { part, rows, setText } from "../dom.js";
import { count } from "../format.js";

const SHOWN = 10;
const root = document.getElementById("pages");
const table = root.querySelector("table");

export function showPages({ pages = [], pages_exact: exact = true }) {
  const top = pages.slice(0, SHOWN);
  const most = top[0]?.pageviews ?? 0;
  table.hidden = top.length === 0;
  part(root, "nothing").hidden = top.length > 0;
  part(root, "estimated").hidden = exact;
  rows(part(root, "rows"), "page-row", top.length).forEach((row, i) => showPage(row, top[i], most, exact));
}

/** Shows no list, and does not claim that it is empty. */
export function clearPages() {
  table.hidden = part(root, "nothing").hidden = part(root, "estimated").hidden = true;
}

function showPage(row, { page, pageviews }, most, exact) {
  setText(row, "page", page);
  setText(row, "pageviews", count(pageviews, exact));
  row.firstElementChild.title = page; // the whole of a name that is cut short
  part(row, "fill").style.inlineSize = `${(100 * pageviews) / most}%`;
}
