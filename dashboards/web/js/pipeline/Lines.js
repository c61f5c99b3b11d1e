// A small chart of lines over time (uPlot), in the page's colours.

import { useEffect, useRef } from "preact/hooks";
import uPlot from "uplot";
import { LOCAL, moment } from "../format.js";
import { html } from "../html.js";
import { color, themes } from "../ui/theme.js";

const HEIGHT = 160;
const FEW = 12; // values that a line alone would not show

/** @typedef {{ label: string, color: string, values: (number | null)[], dash?: number[] }} Line  color is the name of a custom property; a value is null where nothing was, and the line goes on */

/**
 * @param {object} props
 * @param {number[]} props.times  Unix milliseconds, growing
 * @param {Line[]} props.lines
 * @param {(n: number) => string} props.write  a value
 * @param {string} props.label  what the chart shows, for those who cannot see it
 * @param {number} props.seconds  how far back it goes
 * @param {number} [props.height]
 */
export function Lines({ times, lines, write, label, seconds, height = HEIGHT }) {
  const box = useRef(/** @type {HTMLDivElement | null} */ (null));
  const plot = useRef(/** @type {uPlot | null} */ (null));
  const data = /** @type {uPlot.AlignedData} */ ([times.map((t) => t / 1000), ...lines.map((l) => l.values)]);
  const names = lines.map((l) => l.label + l.color).join();

  useEffect(() => {
    const parent = /** @type {HTMLDivElement} */ (box.current);
    const chart = new uPlot(optionsOf(lines, write, seconds, parent.clientWidth, height), data, parent);
    plot.current = chart;
    const watch = new ResizeObserver(() => chart.setSize({ width: parent.clientWidth, height }));
    watch.observe(parent);
    return () => {
      watch.disconnect();
      chart.destroy();
    };
  }, [names, seconds, themes.value]);
  useEffect(() => plot.current?.setData(data), [times, lines]);

  const last = lines.map((l) => `${l.label} ${say(l.values, write)}`).join(", ");
  return html`<figure class="lines">
    <div ref=${box} role="img" aria-label="${label}. Now: ${last}"></div>
    <figcaption class="lines-keys">${lines.map((l) => html`<span key=${l.label} class="lines-key"><i style=${{ background: `var(${l.color})` }}></i>${l.label} <b class="num">${say(l.values, write)}</b></span>`)}</figcaption>
  </figure>`;
}

/** @param {(number | null)[]} values @param {(n: number) => string} write */
function say(values, write) {
  const last = values.findLast((v) => v !== null);
  return last === undefined || last === null ? "–" : write(last);
}

/** @param {Line[]} lines @param {(n: number) => string} write @param {number} seconds @param {number} width @param {number} height @returns {uPlot.Options} */
function optionsOf(lines, write, seconds, width, height) {
  const axis = { stroke: color("--muted"), font: "12px system-ui, sans-serif", grid: { stroke: color("--line"), width: 1 }, ticks: { show: false } };
  return {
    width, height, padding: [8, 18, 0, 0],
    legend: { show: false },
    cursor: { drag: { x: false, y: false }, points: { size: 6 }, y: false },
    scales: { x: { time: true, range: (_, __, last) => [last - seconds, last] }, y: { range: (_, __, most) => [0, most > 0 ? most * 1.15 : 1] } },
    axes: [
      { ...axis, grid: { show: false }, values: (_, ticks) => ticks.map((s) => moment(s * 1000, LOCAL, { hour: "2-digit", minute: "2-digit" })), space: 70, size: 26, incrs: [120, 300, 600, 900] },
      { ...axis, size: 62, values: (_, ticks) => ticks.map(write), space: 34 },
    ],
    series: [{}, ...lines.map((l) => ({ label: l.label, stroke: color(l.color), width: 1.75, dash: l.dash, spanGaps: true, points: { show: isSparse, size: 5 } }))],
  };
}

/** Whether a line of so few values is drawn with its points. @param {uPlot} chart @param {number} series */
function isSparse({ data }, series) {
  let n = 0;
  for (const v of data[series]) if (v !== null && ++n > FEW) return false;
  return true;
}
