// How the chart is drawn: uPlot's options for the lines of a series. Buckets are told by their numbers, so that every one is equally wide, also where
// months are not, or clocks change.

import uPlot from "uplot";
import { color } from "../ui/theme.js";
import { gridLines } from "./series.js";

/** @typedef {import("./series.js").Series} Series */
/**
 * @typedef {object} Drawn  what is asked for whenever something is drawn
 * @property {() => Series} series
 * @property {(label: string) => string} tick
 * @property {(value: number) => string} write
 * @property {() => boolean} whole
 * @property {() => number[]} marks  buckets in which an alert was
 * @property {(bucket: number | null) => void} onHover
 * @property {(from: number, to: number) => void} onSelect
 */

export const HEIGHT = 264;
const FONT = '12px system-ui, -apple-system, "Segoe UI", Roboto, sans-serif';

/** The columns that uPlot draws. @param {Series} s @returns {uPlot.AlignedData} */
export function columnsOf(s) {
  const n = s.labels.length;
  const none = () => Array(n).fill(null);
  const closed = s.open < 0 ? s.now : s.now.map((v, i) => (i < s.open ? v : null));
  const unfinished = s.open < 0 ? none() : s.now.map((v, i) => (i === s.open || i === s.open - 1 ? v : null));
  return [
    s.labels.map((_, i) => i),
    s.high.length > 0 ? s.high : none(), s.low.length > 0 ? s.low : none(),
    s.before.length > 0 ? s.before : none(),
    s.now.map((v, i) => (v !== null && s.errors[i] !== null ? v + /** @type {number} */ (s.errors[i]) : null)),
    s.now.map((v, i) => (v !== null && s.errors[i] !== null ? Math.max(0, v - /** @type {number} */ (s.errors[i])) : null)),
    closed, unfinished,
  ];
}

/** @param {HTMLElement} box @param {Drawn} drawn */
export function makePlot(box, drawn) {
  /** @type {uPlot.Options} */
  const options = {
    width: box.clientWidth,
    height: HEIGHT,
    padding: [10, 30, 0, 0], // half a label has room beside the last tick
    legend: { show: false },
    scales: { x: { time: false, range: () => [-0.5 * few(drawn.series()), drawn.series().labels.length - 1 + 0.5 * few(drawn.series())] }, y: { range: () => [0, topOf(drawn)] } },
    cursor: { y: false, points: { size: 8, fill: () => color("--chart-line") }, drag: { x: true, y: false, setScale: false, dist: 8 }, bind: { dblclick: () => null } },
    axes: [bucketAxis(drawn), valueAxis(drawn)],
    bands: [{ series: [1, 2], fill: () => color("--chart-band") }, { series: [4, 5], fill: () => color("--chart-error") }],
    series: [{}, edge(), edge(), {
      stroke: () => color("--chart-before"), width: 1.5, dash: [1, 0], points: { show: false },
    }, edge(), edge(), {
      stroke: () => color("--chart-line"), width: 2, fill: () => color("--chart-fill"), points: { show: (u) => alone(u), size: 7, fill: () => color("--chart-line") },
    }, {
      stroke: () => color("--chart-line"), width: 2, dash: [3, 4], points: { show: true, filter: (u) => [lastOf(u)], size: 6, fill: () => color("--card") },
    }],
    hooks: {
      draw: [(u) => drawMarks(u, drawn.marks())],
      setCursor: [(u) => drawn.onHover(u.cursor.idx ?? null)],
      setSelect: [(u) => select(u, drawn)],
    },
  };
  return new uPlot(options, columnsOf(drawn.series()), box);
}

// One or two buckets stand in the middle, not at the edges.
/** @param {Series} s */
function few(s) {
  return s.labels.length < 3 ? 1 : 0;
}

/** @returns {uPlot.Series} */
function edge() {
  return { width: 0, stroke: "transparent", points: { show: false } };
}

// A single point makes no line.
/** @param {uPlot} u */
function alone(u) {
  return [...u.data[6]].filter((v) => v != null).length === 1;
}

/** @param {uPlot} u */
function lastOf(u) {
  return u.data[7].findLastIndex((v) => v != null);
}

/** @param {Drawn} drawn */
function topOf(drawn) {
  const s = drawn.series();
  const most = Math.max(0, ...[...s.now, ...s.before, ...s.high].map((v) => v ?? 0), ...s.now.map((v, i) => (v ?? 0) + (s.errors[i] ?? 0)));
  return /** @type {number} */ (gridLines(most, drawn.whole()).at(-1));
}

/** @param {Drawn} drawn @returns {uPlot.Axis} */
function bucketAxis(drawn) {
  return {
    font: FONT, stroke: () => color("--muted"), size: 30, gap: 6, grid: { show: false }, ticks: { show: false },
    border: { show: true, width: 1, stroke: () => color("--line-strong") },
    splits: (u) => everyNth(drawn.series().labels.length, u.width),
    values: (_u, splits) => splits.map((i) => drawn.tick(drawn.series().labels[i] ?? "")),
  };
}

// As many ticks as have room, at round distances.
/** @param {number} n @param {number} width */
function everyNth(n, width) {
  const room = Math.max(2, Math.floor(width / 86));
  const step = [1, 2, 3, 4, 5, 6, 7, 10, 12, 14, 15, 20, 24, 28, 30, 36, 48, 60, 90, 120, 180, 240].find((s) => n / s <= room) ?? Math.ceil(n / room);
  return Array.from({ length: Math.ceil(n / step) }, (_, i) => i * step);
}

/** @param {Drawn} drawn @returns {uPlot.Axis} */
function valueAxis(drawn) {
  return {
    font: FONT, stroke: () => color("--muted"), gap: 8, ticks: { show: false }, grid: { stroke: () => color("--line"), width: 1 },
    size: (_u, values) => 16 + 7 * Math.max(3, ...(values ?? [""]).map((v) => v.length)),
    splits: (_u, _axis, _min, top) => gridLines(top, drawn.whole()),
    values: (_u, splits) => splits.map((v) => drawn.write(v)),
  };
}

/** @param {uPlot} u @param {number[]} marks */
function drawMarks(u, marks) {
  const { ctx } = u;
  ctx.save();
  ctx.strokeStyle = ctx.fillStyle = color("--chart-alert");
  ctx.lineWidth = devicePixelRatio;
  ctx.setLineDash([4 * devicePixelRatio, 4 * devicePixelRatio]);
  for (const at of marks) {
    const x = Math.round(u.valToPos(at, "x", true));
    ctx.beginPath();
    ctx.moveTo(x, u.bbox.top);
    ctx.lineTo(x, u.bbox.top + u.bbox.height);
    ctx.stroke();
    ctx.beginPath();
    ctx.arc(x, u.bbox.top + 2 * devicePixelRatio, 4 * devicePixelRatio, 0, 2 * Math.PI);
    ctx.fill();
  }
  ctx.restore();
}

/** @param {uPlot} u @param {Drawn} drawn */
function select(u, drawn) {
  const { left, width } = u.select;
  if (width < 8) return;
  const last = drawn.series().labels.length - 1;
  const at = (/** @type {number} */ px) => Math.min(last, Math.max(0, Math.round(u.posToVal(px, "x"))));
  u.setSelect({ left: 0, top: 0, width: 0, height: 0 }, false);
  drawn.onSelect(at(left), at(left + width));
}
