// A figure of an answer by its metric: written short, in full for the tip, and with its error where the answer is not exact.

import { METRICS, numberOf, write, writeInFull } from "../metrics.js";
import { Num } from "./Num.js";

/**
 * @param {object} props
 * @param {string} props.metric
 * @param {import("../api/stats.js").Value} props.value
 * @param {number | null} [props.error]
 */
export function Figure({ metric, value, error }) {
  const n = METRICS[metric].points ? undefined : numberOf(value) ?? undefined;
  return Num({ text: write(metric, value), full: writeInFull(metric, value), error, value: n });
}
