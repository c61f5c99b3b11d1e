// The operator's view of the pipeline.

import { getJSON } from "./ask.js";

/** @typedef {"polling" | "idle" | "failing" | "stuck" | "closed"} ShardState */
/**
 * @typedef {object} Shard
 * @property {string} shard
 * @property {ShardState} state
 * @property {number} records_per_s
 * @property {number} bytes_per_s
 * @property {number} iterator_age_ms
 * @property {number} batch_p50_ms
 * @property {number} batch_p99_ms
 * @property {number} batches
 * @property {number} retries
 * @property {number} bisects
 * @property {number} discarded
 * @property {string} [last_error]
 */
/** @typedef {{ p50_ms: number, p95_ms: number, p99_ms: number, count: number }} Percentiles */
/** @typedef {{ t: number, records_per_s: number, iterator_age_ms: number, accepted_per_s: number, ack: Percentiles | null, delay: Percentiles | null }} Moment  null where nothing came */
/**
 * What a server does not know it names in `missing`; what stands there then has no meaning.
 * @typedef {object} PipelineView
 * @property {number} as_of
 * @property {number} started_at  since when sums are
 * @property {Shard[]} shards
 * @property {{ accepted_per_s: number, invalid_per_s: number, ack_p50_ms: number, ack_p95_ms: number, ack_p99_ms: number }} door
 * @property {{ p50_ms: number, p90_ms: number, p95_ms: number, p99_ms: number, count: number }} delay
 * @property {{ lag_ms: number, last_pass_at: number, passes: number, failures: number, marks: { minute: number, quarter: number, day: number } }} rollup
 * @property {{ writes_per_s: number, bytes_per_s: number, reads_per_s: number }} store
 * @property {{ waiting: number }} quarantine
 * @property {Moment[]} history  oldest first
 * @property {number} step_ms  of the history: five seconds of the last ten minutes, or a minute of the last hour
 * @property {string[]} missing
 */

/** @param {AbortSignal} [signal] @returns {Promise<PipelineView>} */
export function fetchPipeline(signal) {
  return getJSON("api/v1/pipeline", {}, signal);
}
