// The chart: the chosen metric over the period, with the period that it is compared with, what was usual in the week before, and alerts. A span
// that is drawn over it becomes the period.

import { useEffect, useLayoutEffect, useMemo, useRef, useState } from "preact/hooks";
import { addDays, dateOf, instantOf, wallTime } from "../calendar.js";
import { html } from "../html.js";
import { METRICS } from "../metrics.js";
import { onDates } from "../period.js";
import { useAnswer } from "../state/answers.js";
import { choice, choose } from "../state/choice.js";
import { painted } from "../state/first.js";
import { here } from "../state/scope.js";
import { zone } from "../state/sites.js";
import { Failure } from "../ui/Failure.js";
import { themes } from "../ui/theme.js";
import { useAlerts } from "./alerts.js";
import { ChartTable } from "./ChartTable.js";
import { bucketLabel, INTERVALS, tickLabel, unitOf } from "./labels.js";
import { choosePeriod } from "./PeriodMenu.js";
import { bucketOf, seriesOf, stepOf } from "./series.js";
import { chartQuestions } from "./questions.js";
import { Tip } from "./Tip.js";

/** @typedef {import("../api/stats.js").Answer} Answer */
/** @typedef {import("../state/answers.js").State<Answer> & { again: () => void }} Asked */

// To draw takes a library that takes its time to begin: the figures do not wait for it.
/** @typedef {typeof import("./plot.js")} Plotting */
const plotting = () => import("./plot.js");

/** @param {Answer | null} answer @param {string} metric @param {string} interval */
function fits(answer, metric, interval) {
  return answer !== null && answer.query.metrics[0] === metric && answer.query.dimensions?.[0] === interval;
}

export function Chart() {
  const { metric, compare } = choice.value;
  const { intervals, interval, ...asked } = chartQuestions();
  const main = /** @type {Asked} */ (useAnswer(asked.main));
  const before = /** @type {Asked} */ (useAnswer(asked.before));
  const week = /** @type {Asked} */ (useAnswer(asked.week));

  const [hovered, setHovered] = useState(/** @type {number | null} */ (null));
  const series = useMemo(() => {
    if (!main.data || !fits(main.data, metric, interval)) return null;
    const other = (/** @type {Answer | null} */ a) => (fits(a, metric, interval) ? a : null);
    return seriesOf(metric, main.data, compare ? other(before.data) : null, other(week.data), wallTime(Date.parse(main.data.meta.as_of), zone.value));
  }, [main.data, before.data, week.data, metric, interval, compare]);
  const unit = unitOf(interval, series?.labels ?? []);
  const alerts = useAlerts(main.data?.query.date_range);
  const marks = series ? alerts.map((a) => ({ alert: a, bucket: bucketOf(series.labels, wallTime(a.at, zone.value)) })).filter((m) => m.bucket >= 0) : [];

  const box = useRef(/** @type {HTMLDivElement | null} */ (null));
  const [draw, setDraw] = useState(/** @type {Plotting | null} */ (null));
  useEffect(() => void painted.then(plotting).then(setDraw), []);
  const plot = useRef(/** @type {ReturnType<Plotting["makePlot"]> | null} */ (null));
  const latest = useRef(/** @type {any} */ (null));
  if (series) latest.current = { series, unit, marks }; // until the next one is there, the last one stays drawn

  useLayoutEffect(() => {
    if (!series || !draw || !box.current) return;
    if (plot.current) plot.current.setData(draw.columnsOf(series));
    else {
      const now = () => latest.current;
      plot.current = draw.makePlot(box.current, {
        series: () => now().series, tick: (label) => (label ? tickLabel(label, now().unit) : ""), write: (v) => METRICS[now().series.metric].write(v),
        whole: () => Boolean(METRICS[now().series.metric].sums), marks: () => now().marks.map((/** @type {any} */ m) => m.bucket),
        onHover: setHovered, onSelect: (from, to) => zoom(now().series.labels, from, to),
      });
    }
  }, [series, draw, marks.length]);
  useEffect(() => () => plot.current?.destroy(), []);
  useEffect(() => plot.current?.redraw(false), [themes.value]);
  useEffect(() => {
    const sizes = new ResizeObserver(() => box.current && plot.current?.setSize({ width: box.current.clientWidth, height: plot.current.height }));
    if (box.current) sizes.observe(box.current);
    return () => sizes.disconnect();
  }, []);

  return html`<figure class="chart" id="chart" aria-busy=${main.busy}>
    <figcaption class="chart-head">
      <h2>${METRICS[metric].label}</h2>
      <${Legend} compare=${compare} band=${(series?.low.length ?? 0) > 0} />
      ${intervals.length > 1 && html`<label class="unseen" for="interval">Divided by</label>
        <select id="interval" class="field small" value=${interval} onChange=${(/** @type {Event} */ e) => choose({ interval: /** @type {HTMLSelectElement} */ (e.target).value }, { replace: true })}>
          ${intervals.map((i) => html`<option key=${i} value=${i}>${INTERVALS[i]}</option>`)}
        </select>`}
    </figcaption>
    <div class="plot-box">
      <div class="plot fades" ref=${box} role="img" aria-label=${series && draw ? describe(series, unit) : "Loading"}></div>
      ${!(series ? draw : main.fault) && html`<span class="skeleton plot-skeleton"></span>`}
      ${!series && main.fault && html`<${Failure} fault=${main.fault} again=${main.again} />`}
      ${series && hovered !== null && plot.current && html`<${Tip} series=${series} at=${hovered} plot=${plot.current} unit=${unit} alerts=${marks.filter((m) => m.bucket === hovered).map((m) => m.alert)} />`}
    </div>
    ${series && html`<${ChartTable} series=${series} unit=${unit} marks=${marks} />`}
  </figure>`;
}

/** @param {string[]} labels @param {number} from @param {number} to */
function zoom(labels, from, to) {
  if (labels.length < 2) return;
  if (labels[0].length === 10) {
    const next = labels[to + 1];
    const end = next ? addDays(next, -1) : labels[to] > dateOf(here().now, zone.value) ? labels[to] : lastDay(labels, to);
    return choosePeriod(onDates(labels[from], end, dateOf(here().now, zone.value)));
  }
  const start = instantOf(labels[from], zone.value);
  const end = instantOf(labels[to], zone.value) + stepOf(labels);
  choosePeriod({ name: "custom", from: new Date(start).toISOString(), to: new Date(end).toISOString() });
}

// The last bucket ends with the period, where it is longer than a day as well as where it is one.
/** @param {string[]} labels @param {number} to */
function lastDay(labels, to) {
  const days = Math.round(stepOf(labels) / 86_400_000);
  return addDays(labels[to], Math.max(0, days - 1));
}

/** @param {{ compare: string, band: boolean }} props */
function Legend({ compare, band }) {
  return html`<ul class="legend" aria-hidden="true">
    ${compare && html`<li data-line="before">${compare === "year" ? "A year before" : "Period before"}</li>`}
    ${band && html`<li data-line="band">Usual in the week before</li>`}
  </ul>`;
}

/** @param {import("./series.js").Series} s @param {import("./labels.js").Unit} unit */
function describe(s, unit) {
  const { label, write } = METRICS[s.metric];
  const known = s.now.flatMap((v, i) => (v === null ? [] : [{ v, i }]));
  if (known.length === 0) return `${label}: nothing in this period`;
  const most = known.reduce((a, b) => (b.v > a.v ? b : a));
  return `${label} by ${unit}, at most ${write(most.v)} at ${bucketLabel(s.labels[most.i], unit)}. The same as a table follows.`;
}
