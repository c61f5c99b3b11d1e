// Dates and wall times of a time zone, as texts: "2026-03-14" and "2026-03-14 09:30:00", which sort as they follow. No clock of its own.

/** @type {Map<string, Intl.DateTimeFormat>} */
const readers = new Map();

/** @param {string} zone */
function readerOf(zone) {
  let reader = readers.get(zone);
  if (!reader) {
    reader = new Intl.DateTimeFormat("en-US", {
      timeZone: zone, hourCycle: "h23", year: "numeric", month: "2-digit", day: "2-digit", hour: "2-digit", minute: "2-digit", second: "2-digit",
    });
    readers.set(zone, reader);
  }
  return reader;
}

/** The wall time of a moment. @param {number} ms @param {string} zone */
export function wallTime(ms, zone) {
  if (zone === "UTC") return new Date(ms).toISOString().slice(0, 19).replace("T", " ");
  /** @type {Record<string, string>} */
  const p = {};
  for (const { type, value } of readerOf(zone).formatToParts(ms)) p[type] = value;
  return `${p.year.padStart(4, "0")}-${p.month}-${p.day} ${p.hour}:${p.minute}:${p.second}`;
}

/** The date of a moment. @param {number} ms @param {string} zone */
export function dateOf(ms, zone) {
  return wallTime(ms, zone).slice(0, 10);
}

/** A wall time, or the beginning of a date, as if it were one of UTC, in milliseconds. @param {string} wall */
export function asUTC(wall) {
  return Date.parse(wall.length > 10 ? `${wall.slice(0, 10)}T${wall.slice(11)}Z` : `${wall}T00:00:00Z`);
}

/** The moment of a wall time; of two the first, and of none the one just after the gap. @param {string} wall @param {string} zone */
export function instantOf(wall, zone) {
  const wanted = asUTC(wall);
  const offset = (/** @type {number} */ at) => asUTC(wallTime(at, zone)) - at;
  const before = wanted - offset(wanted - 43_200_000);
  const after = wanted - offset(wanted + 43_200_000);
  if (asUTC(wallTime(before, zone)) === wanted) return before;
  return after;
}

/** @param {string} date @param {number} n */
export function addDays(date, n) {
  return new Date(asUTC(date) + n * 86_400_000).toISOString().slice(0, 10);
}

/** The same day so many months later, or the last of that month. @param {string} date @param {number} n */
export function addMonths(date, n) {
  const [year, month, day] = date.split("-").map(Number);
  const last = new Date(Date.UTC(year, month + n, 0)).getUTCDate();
  return new Date(Date.UTC(year, month - 1 + n, Math.min(day, last))).toISOString().slice(0, 10);
}

/** How many days from one date to another. @param {string} from @param {string} to */
export function daysBetween(from, to) {
  return Math.round((asUTC(to) - asUTC(from)) / 86_400_000);
}

/** The last day of a month. @param {string} month as "2026-03" */
export function endOfMonth(month) {
  return addDays(addMonths(`${month}-01`, 1), -1);
}
