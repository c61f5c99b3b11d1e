// The chart as a table, for those who read with ears or want the figures. Drawn only while it is open.

import { part, rows, setText } from "../dom.js";
import { count } from "../format.js";
import { shownMinutes } from "../model.js";

const root = document.getElementById("minutes");

/** Calls back when the reader opens the table, so that it can be filled. */
export function onMinutesOpen(callback) {
  root.addEventListener("toggle", () => root.open && callback());
}

export function clearMinutes() {
  part(root, "rows").replaceChildren();
}

export function showMinutes(state, clock) {
  if (!root.open) return;
  const minutes = shownMinutes(state);
  rows(part(root, "rows"), "minute-row", minutes.length).forEach((row, i) => {
    setText(row, "minute", clock.minute(minutes[i].t));
    setText(row, "events", count(minutes[i].events));
    setText(row, "pageviews", count(minutes[i].pageviews));
  });
}
