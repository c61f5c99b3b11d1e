// How the pipeline's measures are written.

import { decimal, short, span } from "../format.js";

/** @type {Record<string, Intl.NumberFormat>} */
const writers = {};

/** @param {number} n @param {string} unit of Intl @param {number} digits */
function write(n, unit, digits) {
  writers[unit + digits] ??= new Intl.NumberFormat(undefined, { style: "unit", unit, unitDisplay: "short", maximumFractionDigits: digits });
  return writers[unit + digits].format(n).replace(" ", "\u00a0");
}

/** A span as "0.8 ms", "240 ms" or, from a second on, "1.2 s". @param {number} ms */
export function millis(ms) {
  if (ms >= 1000) return span(ms);
  return write(Math.max(0, ms), "millisecond", ms < 10 ? 1 : 0);
}

/** How long the history is, and its steps, as it is said; isNoted where it was put together from what functions noted by the minute. @param {number} step milliseconds */
export function courseOf(step) {
  return step < 60_000
    ? { isNoted: false, seconds: 600, span: "last 10 minutes", each: "each five seconds of the last ten minutes" }
    : { isNoted: true, seconds: 3_600, span: "last hour", each: "each minute of the last hour" };
}

const SIZES = ["B", "kB", "MB", "GB", "TB"];

/** 1234567 as "1.2 MB". @param {number} n */
export function bytes(n) {
  let at = 0;
  while (n >= 999.5 && at < SIZES.length - 1) {
    n /= 1000;
    at++;
  }
  return `${decimal(n < 10 && at > 0 ? Math.round(n * 10) / 10 : Math.round(n))}\u00a0${SIZES[at]}`;
}

/** How often a second. @param {number} n */
export function rate(n) {
  return n > 0 && n < 100 ? decimal(Math.round(n * 10) / 10) : short(Math.round(n));
}
