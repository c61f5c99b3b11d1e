// Periods: the dates that they mean, the ones before and after, and how a chart divides them. Plain values in and out.

import { addDays, addMonths, dateOf, daysBetween, endOfMonth } from "./calendar.js";

/** @typedef {import("./choice.js").Period} Period */
/** @typedef {{ zone: string, now: number }} Here  the site's time zone, and the time, in Unix milliseconds */
/** @typedef {{ from: string, to: string }} Dates  both belong to it */
/** @typedef {{ from: number, to: number }} Times  in Unix milliseconds */

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** How far back the live period goes. */
const LIVE_SPAN = 30 * MINUTE;

const DAYS = { "7d": 7, "28d": 28, "91d": 91 };

/** The dates of a period, null where it is one of times. "all" has none to begin with. @param {Period} p @param {Here} here @returns {Dates | null} */
export function datesOf(p, { zone, now }) {
  const today = dateOf(now, zone);
  switch (p.name) {
    case "day": return { from: p.date ?? today, to: p.date ?? today };
    case "yesterday": return { from: addDays(today, -1), to: addDays(today, -1) };
    case "7d": case "28d": case "91d": return { from: addDays(today, 1 - DAYS[p.name]), to: today };
    case "month": return monthDates(p.date ?? today.slice(0, 7));
    case "year": return { from: `${p.date ?? today.slice(0, 4)}-01-01`, to: `${p.date ?? today.slice(0, 4)}-12-31` };
    case "custom": return p.from?.length === 10 && p.to?.length === 10 ? { from: p.from, to: p.to } : null;
  }
  return null;
}

/** @param {string} month */
function monthDates(month) {
  return { from: `${month}-01`, to: endOfMonth(month) };
}

/** The times of a period that is one of times, null where it is not. @param {Period} p @param {Here} here @returns {Times | null} */
export function timesOf(p, { now }) {
  switch (p.name) {
    case "live": return { from: now - LIVE_SPAN, to: now };
    case "24h": return { from: now - DAY, to: now };
    case "custom": return p.from && p.to && p.from.length > 10 ? { from: Date.parse(p.from), to: Date.parse(p.to) } : null;
  }
  return null;
}

/** The period as the Stats API takes it. @param {Period} p @param {Here} here @returns {import("./api/stats.js").DateRange} */
export function rangeOf(p, here) {
  if (p.name === "all" || p.name === "24h") return p.name;
  const times = timesOf(p, here);
  if (times) return [new Date(times.from).toISOString(), new Date(times.to).toISOString()];
  const dates = /** @type {Dates} */ (datesOf(p, here));
  return [dates.from, dates.to];
}

/** The span that a period is compared with, null where there is none. @param {Period} p @param {"previous" | "year"} how @param {Here} here @returns {import("./api/stats.js").DateRange | null} */
export function rangeBefore(p, how, here) {
  const dates = datesOf(p, here);
  if (dates) {
    const back = (/** @type {string} */ d) => (how === "year" ? addMonths(d, -12) : addDays(d, -daysBetween(dates.from, dates.to) - 1));
    return [back(dates.from), back(dates.to)];
  }
  const times = timesOf(p, here);
  if (!times) return null;
  const length = how === "year" ? 365 * DAY : times.to - times.from;
  return [new Date(times.from - length).toISOString(), new Date(times.to - length).toISOString()];
}

/** Whether a period goes on. @param {Period} p @param {Here} here */
export function includesNow(p, here) {
  const dates = datesOf(p, here);
  if (dates) return dates.to >= dateOf(here.now, here.zone);
  const times = timesOf(p, here);
  return times === null || times.to >= here.now;
}

/**
 * The period so many steps of its own length later (earlier, if negative); null where that would be in the future, or where nothing is later.
 * @param {Period} p @param {number} steps @param {Here} here @returns {Period | null}
 */
export function shifted(p, steps, here) {
  const today = dateOf(here.now, here.zone);
  const dates = datesOf(p, here);
  if (steps > 0 && includesNow(p, here)) return null;
  switch (p.name) {
    case "month": return onMonth(addMonths(/** @type {Dates} */ (dates).from, steps).slice(0, 7), today);
    case "year": return onYear(addMonths(/** @type {Dates} */ (dates).from, 12 * steps).slice(0, 4), today);
    case "live": case "all": return null;
  }
  if (dates) {
    const n = (daysBetween(dates.from, dates.to) + 1) * steps;
    return onDates(addDays(dates.from, n), addDays(dates.to, n), today);
  }
  const { from, to } = /** @type {Times} */ (timesOf(p, here));
  const n = (to - from) * steps;
  return { name: "custom", from: new Date(from + n).toISOString(), to: new Date(to + n).toISOString() };
}

/** @param {string} month @param {string} today @returns {Period} */
function onMonth(month, today) {
  return month === today.slice(0, 7) ? { name: "month" } : { name: "month", date: month };
}

/** @param {string} year @param {string} today @returns {Period} */
function onYear(year, today) {
  return year === today.slice(0, 4) ? { name: "year" } : { name: "year", date: year };
}

/** The period of dates by the name that it has. @param {string} from @param {string} to @param {string} today @returns {Period} */
export function onDates(from, to, today) {
  if (from === to) {
    if (from === today) return { name: "day" };
    return from === addDays(today, -1) ? { name: "yesterday" } : { name: "day", date: from };
  }
  for (const [name, days] of Object.entries(DAYS)) {
    if (to === today && from === addDays(today, 1 - days)) return { name: /** @type {"7d"} */ (name) };
  }
  return { name: "custom", from, to };
}

/** How a chart may divide a period: the dimensions of time, the usual one first. @param {Period} p @param {Here} here @returns {string[]} */
export function intervalsOf(p, here) {
  switch (p.name) {
    case "live": return ["time:minute", "time:10s"];
    case "day": case "yesterday": case "24h": return ["time:hour", "time:15m"];
    case "all": return ["time", "time:day", "time:week", "time:month"];
  }
  const dates = datesOf(p, here);
  const times = timesOf(p, here);
  const length = dates ? (daysBetween(dates.from, dates.to) + 1) * DAY : times ? times.to - times.from : 0;
  if (length <= 20 * MINUTE) return ["time:10s", "time:minute"];
  if (length <= 3 * HOUR) return ["time:minute"];
  if (length <= 12 * HOUR) return ["time:15m", "time:minute", "time:hour"];
  if (length <= 2 * DAY) return ["time:hour", "time:15m"];
  if (length <= 8 * DAY) return ["time:day", "time:hour"];
  if (length <= 92 * DAY) return ["time:day", "time:week"];
  return ["time:month", "time:week", "time:day"];
}
