// What tiles can show, and how it is called.

import { short } from "../format.js";
import { METRICS } from "../metrics.js";

/** @typedef {{ label: string, write: (n: number) => string, points?: boolean }} Measure */

/** @type {Record<string, Measure>} */
export const MEASURES = {
  current_visitors: { label: "Current visitors", write: short },
  ...Object.fromEntries(["visitors", "visits", "pageviews", "events", "views_per_visit", "bounce_rate", "visit_duration"].map((name) => [name, METRICS[name]])),
};

/** @type {Record<string, string>} */
export const PERIODS = {
  day: "today", "24h": "last 24 hours", "7d": "last 7 days", "28d": "last 28 days", "30d": "last 30 days", "91d": "last 91 days", month: "this month", "12mo": "last 12 months", year: "this year",
};

/** @type {Record<string, string>} */
export const LISTS = {
  page: "Top pages", entry_page: "Entry pages", source: "Sources", channel: "Channels", country: "Countries", city: "Cities", device: "Devices", browser: "Browsers", os: "Systems",
};

/** A value of the Stats API as a number; nothing counted is 0. @param {import("../api/stats.js").Value | undefined} value */
export function numberOf(value) {
  return typeof value === "number" ? value : 0;
}

/** @param {URLSearchParams} params @param {string} site @returns {import("../api/tile.js").TileQuestion} */
export function questionOf(params, site) {
  return { site, metric: params.get("metric") || "visitors", period: params.get("period") || "28d", by: params.get("by") || "" };
}
