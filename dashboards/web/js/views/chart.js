// The live chart: a bar for each base window of the last 10 minutes. Pageviews are the dark foot of a bar, other events its
// light head; the window that is still filling is paler.

import uPlot from "../../third_party/uplot/uPlot.esm.js";
import { part, setText } from "../dom.js";
import { count } from "../format.js";
import { SHOWN, WINDOW, shownWindows } from "../model.js";
import { color, onThemeChange } from "../theme.js";
import { niceTop, steps } from "./scale.js";
import { attachTip } from "./tip.js";

const MINUTE = 60_000;
const HEIGHT = 232;
const FONT = '12px system-ui, -apple-system, "Segoe UI", Roboto, sans-serif';

const root = document.getElementById("chart");
const plotBox = part(root, "plot");

let plot = null;
let windows = [];
let clock = null;

export function showChart(state, siteClock) {
  windows = shownWindows(state);
  clock = siteClock;
  describe();
  if (plot) plot.setData(columns());
  else if (plotBox.clientWidth > 0) plot = draw();
}

export function clearChart(note) {
  plot?.destroy();
  plot = null;
  windows = [];
  setText(root, "note", note);
}

function draw() {
  const options = {
    width: plotBox.clientWidth,
    height: HEIGHT,
    ms: 1,
    padding: [10, 2, 0, 0],
    legend: { show: false },
    cursor: { x: false, y: false, points: { show: false }, drag: { x: false, y: false } },
    scales: { x: { range: timeRange }, y: { range: countRange } },
    axes: [timeAxis(), countAxis()],
    series: [{}, bars("--chart-others", "--chart-others-open"), bars("--chart-pageviews", "--chart-pageviews-open")],
  };
  const made = new uPlot(options, columns(), plotBox);
  attachTip(made, root, (at) => windowAt(at), () => clock);
  return made;
}

// A window without other events gets no light bar, or its edge would shine through under the dark one.
function columns() {
  return [
    windows.map((w) => w.t),
    windows.map((w) => (w.events > w.pageviews ? w.events : null)),
    windows.map((w) => w.pageviews),
  ];
}

function bars(closedColor, openColor) {
  const fills = () => windows.map((_, i) => color(i === windows.length - 1 ? openColor : closedColor));
  return {
    width: 0,
    points: { show: false },
    fill: () => color(closedColor),
    paths: uPlot.paths.bars({ align: 1, size: [0.74, 40], radius: [0.2, 0], disp: { fill: { unit: 3, values: fills } } }),
  };
}

function timeRange() {
  return [windows[0].t, windows[SHOWN - 1].t + WINDOW];
}

function countRange() {
  return [0, niceTop(Math.max(...windows.map((w) => Math.max(w.events, w.pageviews))))];
}

function timeAxis() {
  return {
    font: FONT,
    stroke: () => color("--muted"),
    size: 30,
    gap: 6,
    grid: { show: false },
    ticks: { show: false },
    border: { show: true, width: 1, stroke: () => color("--line-strong") },
    splits: (u) => minutesBetween(...timeRange(), u.width < 560 ? 3 : 2),
    values: (_, splits) => splits.map((t) => clock.minute(t)),
  };
}

// Ticks at every n-th minute; those that would stand half outside at the edges are left out.
function minutesBetween(from, to, n) {
  const ticks = [];
  const step = n * MINUTE;
  for (let t = Math.ceil((from + MINUTE / 2) / step) * step; t <= to - MINUTE / 2; t += step) ticks.push(t);
  return ticks;
}

function countAxis() {
  return {
    font: FONT,
    stroke: () => color("--muted"),
    size: (_, values) => 14 + 7 * Math.max(...(values ?? [""]).map((v) => v.length)),
    gap: 8,
    grid: { stroke: () => color("--line"), width: 1 },
    ticks: { show: false },
    splits: (_u, _axis, _min, top) => steps(top),
    values: (_, splits) => splits.map((v) => count(v)),
  };
}

function windowAt(ms) {
  return windows[Math.floor((ms - windows[0].t) / WINDOW)];
}

function describe() {
  const total = windows.reduce((sum, w) => sum + w.events, 0);
  const most = Math.max(...windows.map((w) => w.events));
  setText(root, "note", total === 0 ? "No events in the last 10 minutes" : "");
  plotBox.setAttribute("aria-label",
    `Events per 10 seconds over the last 10 minutes: ${count(total)} in all, at most ${count(most)} in 10 seconds`);
}

new ResizeObserver(() => {
  if (plot && plotBox.clientWidth > 0) plot.setSize({ width: plotBox.clientWidth, height: HEIGHT });
}).observe(plotBox);

onThemeChange(() => plot?.redraw());
