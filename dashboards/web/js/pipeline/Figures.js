// The pipeline's few figures that tell at a glance whether all is well.

import { count, short } from "../format.js";
import { html } from "../html.js";
import { Spark } from "../ui/Spark.js";
import { bytes, millis, rate } from "./units.js";

/** @typedef {import("../api/pipeline.js").PipelineView} PipelineView */

const OLD = 30_000; // iterator age
const BEHIND = 180_000; // roll-ups

/** @param {{ view: PipelineView }} props */
export function Figures({ view }) {
  const { door, rollup, store, quarantine, shards, history } = view;
  const missing = new Set(view.missing);
  const age = Math.max(0, ...shards.map((s) => s.iterator_age_ms));
  const read = shards.reduce((sum, s) => sum + s.records_per_s, 0);
  return html`<dl class="figures">
    <${Figure} label="Accepted" value=${rate(door.accepted_per_s)} unit="/s" missing=${missing.has("door")} more="acknowledged in ${millis(door.ack_p50_ms)}, 99% in ${millis(door.ack_p99_ms)}"
      course=${history.map((m) => m.accepted_per_s)} />
    <${Figure} label="Read" value=${rate(read)} unit="/s" missing=${missing.has("shards")} more="${bytes(shards.reduce((sum, s) => sum + s.bytes_per_s, 0))} a second"
      course=${history.map((m) => m.records_per_s)} />
    <${Figure} label="Iterator age" value=${millis(age)} tone=${age > OLD ? "bad" : ""} missing=${missing.has("shards")} more="of the shard that is furthest behind"
      course=${history.map((m) => m.iterator_age_ms)} />
    <${Figure} label="Roll-up lag" value=${millis(rollup.lag_ms)} tone=${rollup.lag_ms > BEHIND ? "bad" : ""} missing=${missing.has("rollup.lag_ms")}
      more=${missing.has("rollup.passes") ? `${count(rollup.marks.minute + rollup.marks.quarter + rollup.marks.day)} marked, not rolled up yet` : rollup.failures > 0 ? `${count(rollup.failures)} of ${count(rollup.passes)} passes failed` : `${short(rollup.passes)} passes, none failed`}
      tip="Marked and not rolled up yet: ${count(rollup.marks.minute)} minutes, ${count(rollup.marks.quarter)} quarters of an hour, ${count(rollup.marks.day)} days" />
    <${Figure} label="Store writes" value=${rate(store.writes_per_s)} unit="/s" missing=${missing.has("store")} more="${bytes(store.bytes_per_s)} a second, ${rate(store.reads_per_s)} reads" />
    <${Figure} label="Dead letters" value=${count(quarantine.waiting)} tone=${quarantine.waiting > 0 ? "warn" : ""} missing=${missing.has("quarantine")}
      more=${quarantine.waiting > 0 ? "wait to be brought back" : "none waits"} />
  </dl>`;
}

/** @param {{ label: string, value: string, unit?: string, more: string, tip?: string, tone?: string, course?: number[], missing: boolean }} props */
function Figure({ label, value, unit = "", more, tip, tone = "", course, missing }) {
  return html`<div class="figure card" data-tone=${missing ? "" : tone} title=${tip}>
    <dt>${label}</dt>
    <dd class="figure-value num">${missing ? "–" : html`${value}<span class="figure-unit">${unit}</span>`}</dd>
    <dd class="figure-more muted small">${missing ? "not known to this server" : more}</dd>
    ${!missing && course && course.length > 1 && html`<dd class="figure-course" aria-hidden="true"><${Spark} values=${course} label=${label} /></dd>`}
  </div>`;
}
