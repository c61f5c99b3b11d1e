// How the pipeline is, in a sentence.

import { count, span } from "../format.js";
import { courseOf } from "./units.js";

const NOW = 1_000; // milliseconds that nobody notices

/** @typedef {{ tone: "good" | "warn" | "bad", text: string }} Health */

/** @param {import("../api/pipeline.js").PipelineView} view @returns {Health} */
export function healthOf({ shards, step_ms: step }) {
  const open = shards.filter((s) => s.state !== "closed");
  const stuck = open.filter((s) => s.state === "stuck");
  const failing = open.filter((s) => s.state === "failing");
  if (stuck.length > 0) return { tone: "bad", text: `${named(stuck)} stuck` };
  if (failing.length > 0) return { tone: "warn", text: `${named(failing)} failing, and tried again` };
  if (open.length === 0) return courseOf(step).isNoted ? { tone: "good", text: "Nothing was read in the last hour" } : { tone: "warn", text: "No shard is read" };
  const age = Math.max(...open.map((s) => s.iterator_age_ms));
  const all = open.length === 1 ? "The shard is read" : `All ${count(open.length)} shards are read`;
  return { tone: "good", text: age < NOW ? `${all} up to now` : `${all}, ${span(age)} behind` };
}

/** @param {import("../api/pipeline.js").Shard[]} shards */
function named(shards) {
  return shards.length === 1 ? `${shortShard(shards[0].shard)} is` : `${count(shards.length)} shards are`;
}

/** "shardId-000000000012" as "Shard 12". @param {string} id */
export function shortShard(id) {
  const number = /^shardId-0*(\d+)$/.exec(id)?.[1];
  return number === undefined ? id : `Shard ${number}`;
}
