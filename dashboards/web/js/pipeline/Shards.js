// The shards, one a row.

import { count, short } from "../format.js";
import { html } from "../html.js";
import { Bar } from "../ui/Bar.js";
import { shortShard } from "./health.js";
import { bytes, courseOf, millis, rate } from "./units.js";

/** @typedef {import("../api/pipeline.js").Shard} Shard */

/** @type {Record<string, string>} */
const TONES = { polling: "good", idle: "", failing: "warn", stuck: "bad", closed: "" };

/** @type {{ label: string, part?: string, tip?: string, cell: (s: Shard) => string, alarm?: (s: Shard) => boolean }[]}  part: by which a server says that it does not know it */
const COLUMNS = [
  { label: "Age", tip: "How long ago the last record that was read had come", cell: (s) => millis(s.iterator_age_ms) },
  { label: "Batch", tip: "Half of the batches take no longer", cell: (s) => millis(s.batch_p50_ms) },
  { label: "99%", tip: "99 of 100 batches take no longer", cell: (s) => millis(s.batch_p99_ms) },
  { label: "Batches", cell: (s) => short(s.batches) },
  { label: "Retries", cell: (s) => short(s.retries), alarm: (s) => s.retries > 0 },
  { label: "Bisects", part: "shards.bisects", tip: "Batches that were halved to find a bad record", cell: (s) => short(s.bisects), alarm: (s) => s.bisects > 0 },
  { label: "Discarded", part: "shards.discarded", tip: "Records that were given up", cell: (s) => short(s.discarded), alarm: (s) => s.discarded > 0 },
];

/** @param {{ view: import("../api/pipeline.js").PipelineView }} props */
export function Shards({ view: { shards, missing, step_ms: step } }) {
  const { isNoted } = courseOf(step);
  const since = isNoted ? "in the last hour" : "since the process began";
  const columns = COLUMNS.filter((c) => !missing.includes(c.part ?? ""));
  const most = Math.max(...shards.map((s) => s.records_per_s), 1);
  return html`<section class="card" aria-labelledby="shards-title">
    <header class="card-head"><h2 id="shards-title">Shards</h2><span class="muted small">${count(shards.length)}${isNoted ? `, ${since}` : ""}</span></header>
    ${shards.length === 0 ? html`<p class="nothing">${isNoted ? "Nothing was read in the last hour." : "No shard has been found yet."}</p>`
    : html`<table class="table shards">
      <caption class="unseen">Each shard: what is read of it, how far behind it is, and what went wrong ${since}</caption>
      <thead><tr><th scope="col">Shard</th><th scope="col">State</th><th scope="col">Read a second</th>
        ${columns.map((c) => html`<th scope="col" key=${c.label} data-numeric="true" title=${c.tip}>${c.label}</th>`)}</tr></thead>
      <tbody>${shards.map((s) => html`<${Row} key=${s.shard} shard=${s} columns=${columns} most=${most} />`)}</tbody>
    </table>`}
  </section>`;
}

/** @param {{ shard: Shard, columns: typeof COLUMNS, most: number }} props */
function Row({ shard: s, columns, most }) {
  return html`<tr>
      <th scope="row" title=${s.shard}>${shortShard(s.shard)}</th>
      <td data-label="State"><span class="badge" data-tone=${TONES[s.state] ?? ""}>${s.state}</span></td>
      <td class="shards-rate" data-label="Read a second"><${Bar} share=${s.records_per_s / most}><span class="num">${rate(s.records_per_s)}</span> <span class="muted small">${bytes(s.bytes_per_s)}</span><//></td>
      ${columns.map((c) => html`<td key=${c.label} data-numeric="true" data-label=${c.label} data-alarm=${c.alarm?.(s)}>${c.cell(s)}</td>`)}
    </tr>
    ${s.last_error && html`<tr class="shards-error"><td colspan=${columns.length + 3}><span class="muted">Last error:</span> ${s.last_error}</td></tr>`}`;
}
