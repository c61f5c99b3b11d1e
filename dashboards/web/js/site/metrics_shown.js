// Which figures the site view has at its top, and which of them a chart can show.

import { site } from "../state/sites.js";

export const METRICS_SHOWN = ["visitors", "visits", "pageviews", "views_per_visit", "bounce_rate", "visit_duration", "total_revenue"];

/** What stands there before the first answer. */
export const METRIC_WAITS = METRICS_SHOWN.slice(0, 6).map((metric) => ({ metric }));

/** The condition that any goal of the site was met. @returns {unknown[]} */
export function goalFilter() {
  return [["is", "event:goal", (site.value?.goals ?? []).map((g) => g.name)]];
}

/** Further filters of a question for a metric: conversion is that of goals. @param {string} metric */
export function filtersFor(metric) {
  return metric === "conversion_rate" ? goalFilter() : [];
}
