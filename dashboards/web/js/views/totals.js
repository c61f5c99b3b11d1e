// The big number and the two beside it.

import { setText } from "../dom.js";
import { count } from "../format.js";
import { shownTotals } from "../model.js";

const root = document.getElementById("totals");

export function showTotals(state) {
  const { events, pageviews } = shownTotals(state);
  setText(root, "visitors", count(state.current_visitors ?? 0, state.current_exact ?? true));
  setText(root, "events", count(events));
  setText(root, "pageviews", count(pageviews));
}

export function clearTotals() {
  for (const name of ["visitors", "events", "pageviews"]) setText(root, name, "–");
}
