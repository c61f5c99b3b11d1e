// What a bar says when it is pointed at.

import { part, setText } from "../dom.js";
import { count } from "../format.js";
import { WINDOW } from "../model.js";

/**
 * Shows a tip over the chart under root while the pointer is on it. windowAt gives the window at a time, clock the writer
 * of times. The tip follows the data: a bar that grows under the pointer is told anew at every draw.
 */
export function attachTip(plot, root, windowAt, clock) {
  const tip = part(root, "tip");
  const column = document.createElement("div");
  column.className = "tip-column";
  column.hidden = true;
  plot.over.append(column);

  function show() {
    const { left } = plot.cursor;
    const pointed = left >= 0 ? windowAt(plot.posToVal(left, "x")) : undefined;
    tip.hidden = column.hidden = !pointed;
    if (!pointed) return;
    write(tip, pointed, clock());
    place(plot, root, tip, column, pointed.t);
  }

  plot.hooks.setCursor = [show];
  plot.hooks.draw = [show];
}

function write(tip, { t, events, pageviews, visitors }, clock) {
  setText(tip, "tip-time", `${clock.second(t)} – ${clock.second(t + WINDOW)}`);
  setText(tip, "tip-events", count(events));
  setText(tip, "tip-pageviews", count(pageviews));
  setText(tip, "tip-visitors", count(visitors));
}

// Beside the bar, on the side where there is room.
function place(plot, root, tip, column, t) {
  const left = plot.valToPos(t, "x");
  const right = plot.valToPos(t + WINDOW, "x");
  column.style.transform = `translateX(${left}px)`;
  column.style.width = `${right - left}px`;
  const over = plot.over.getBoundingClientRect();
  const box = root.getBoundingClientRect();
  const origin = over.left - box.left;
  const fitsRight = origin + right + 8 + tip.offsetWidth <= box.width;
  const x = fitsRight ? origin + right + 8 : Math.max(0, origin + left - 8 - tip.offsetWidth);
  tip.style.transform = `translate(${x}px, ${over.top - box.top + 8}px)`;
}
