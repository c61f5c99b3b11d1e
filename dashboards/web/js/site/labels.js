// The words for periods and buckets of time, by the reader's habit.

import { asUTC, wallTime } from "../calendar.js";
import { moment, moments } from "../format.js";
import { datesOf, timesOf } from "../period.js";

/** @typedef {import("../choice.js").Period} Period */

const NAMES = {
  live: "Live", day: "Today", yesterday: "Yesterday", "24h": "Last 24 hours", "7d": "Last 7 days", "28d": "Last 28 days", "91d": "Last 91 days",
  month: "This month", year: "This year", all: "All time", custom: "Custom",
};

/** @param {string} date @param {Intl.DateTimeFormatOptions} options */
const written = (date, options) => moment(asUTC(date), "UTC", options);

/** @type {Intl.DateTimeFormatOptions} */
const DAY = { day: "numeric", month: "short", year: "numeric" };

/** What a period is called. @param {Period} p @param {import("../period.js").Here} here */
export function periodLabel(p, here) {
  if (p.name === "custom") return spanLabel(p, here);
  if (!p.date) return NAMES[p.name];
  if (p.name === "day") return written(p.date, { weekday: "short", ...DAY });
  return p.name === "month" ? written(`${p.date}-01`, { month: "long", year: "numeric" }) : p.date;
}

/** From when to when a period is. @param {Period} p @param {import("../period.js").Here} here */
export function spanLabel(p, here) {
  const dates = datesOf(p, here);
  if (dates) return dates.from === dates.to ? written(dates.from, DAY) : moments(asUTC(dates.from), asUTC(dates.to), "UTC", DAY);
  const times = timesOf(p, here);
  if (!times) return NAMES[p.name];
  const [from, to] = [times.from, times.to].map((t) => asUTC(wallTime(t, here.zone)));
  return moments(from, to, "UTC", { day: "numeric", month: "short", hour: "numeric", minute: "2-digit" });
}

/** @typedef {"10s" | "minute" | "15m" | "hour" | "day" | "week" | "month"} Unit */

/** Which unit of time the labels of an answer are of, where the question left that to the server. @param {string} interval @param {string[]} labels @returns {Unit} */
export function unitOf(interval, labels) {
  if (interval !== "time") return /** @type {Unit} */ (interval.replace("time:", ""));
  if (labels[0]?.length > 10) return labels.length > 1 && asUTC(labels[1]) - asUTC(labels[0]) >= 3_600_000 ? "hour" : "minute";
  return labels.length > 1 && labels.every((l) => l.endsWith("-01")) ? "month" : "day";
}

/** @type {Record<Unit, Intl.DateTimeFormatOptions>} */
const TICK = {
  "10s": { hour: "numeric", minute: "2-digit" }, minute: { hour: "numeric", minute: "2-digit" }, "15m": { hour: "numeric", minute: "2-digit" }, hour: { hour: "numeric", minute: "2-digit" },
  day: { day: "numeric", month: "short" }, week: { day: "numeric", month: "short" }, month: { month: "short", year: "2-digit" },
};

/** @type {Record<Unit, Intl.DateTimeFormatOptions>} */
const TIP = {
  "10s": { hour: "numeric", minute: "2-digit", second: "2-digit" }, minute: { hour: "numeric", minute: "2-digit" }, "15m": { weekday: "short", hour: "numeric", minute: "2-digit" },
  hour: { weekday: "short", day: "numeric", month: "short", hour: "numeric", minute: "2-digit" },
  day: { weekday: "short", day: "numeric", month: "short" }, week: { day: "numeric", month: "short", year: "numeric" }, month: { month: "long", year: "numeric" },
};

/** A bucket below the axis. @param {string} label @param {Unit} unit */
export function tickLabel(label, unit) {
  return written(label, TICK[unit]);
}

/** A bucket in the tip. @param {string} label @param {Unit} unit */
export function bucketLabel(label, unit) {
  return (unit === "week" ? "Week of " : "") + written(label, TIP[unit]);
}

/** @type {Record<string, string>} */
export const INTERVALS = {
  time: "Automatic", "time:10s": "10 seconds", "time:minute": "Minutes", "time:15m": "15 minutes", "time:hour": "Hours", "time:day": "Days", "time:week": "Weeks", "time:month": "Months",
};
