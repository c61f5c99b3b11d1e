// How numbers and times are written: in the reader's own habit (Intl), the times of a site in its time zone.

const NBSP = "\u00a0";
const whole = writer();
const compact = writer({ notation: "compact", maximumFractionDigits: 1 });
const oneDigit = writer({ minimumFractionDigits: 1, maximumFractionDigits: 1 });
const twoDigits = writer({ maximumFractionDigits: 2 });
const share = writer({ style: "percent", minimumFractionDigits: 1, maximumFractionDigits: 1 });
const percents = writer({ style: "percent", maximumFractionDigits: 1 });
const changes = writer({ style: "percent", maximumFractionDigits: 0 });

// Each takes milliseconds to make: what a page does not write it does not make.
/** @param {Intl.NumberFormatOptions} [options] @returns {(n: number) => string} */
function writer(options) {
  /** @type {Intl.NumberFormat | undefined} */
  let made;
  return (n) => (made ??= new Intl.NumberFormat(undefined, options)).format(n);
}

/** 12345 as "12,345". An estimate is marked by a preceding sign. @param {number} n @param {boolean} [exact] */
export function count(n, exact = true) {
  return (exact ? "" : "≈" + NBSP) + whole(n);
}

/** 12345 as "12.3K", 1234 as "1,234". @param {number} n */
export function short(n) {
  return Math.abs(n) < 10_000 ? twoDigits(n) : compact(n);
}

/** At most two digits behind the point. @param {number} n */
export function decimal(n) {
  return twoDigits(n);
}

/** The share of part in total, "" where there is none. A small part that is there is never written as none. @param {number} part @param {number} total */
export function percent(part, total) {
  if (!part || !total) return "";
  if (part / total < 0.001) return "<" + NBSP + share(0.001);
  return share(part / total);
}

/** 12.5 as "12.5 %", as the reader writes it. @param {number} n */
export function percentage(n) {
  return percents(n / 100);
}

/** An error in percent or points, as "0.1" at least, "2.5", or "12": more digits than that it has not. @param {number} n */
export function tolerance(n) {
  return twoDigits(n >= 10 ? Math.round(n) : Math.max(0.1, Math.round(n * 10) / 10));
}

/** A share of something as "12.0 %": those in a column stand with their points below each other. @param {number} n */
export function portion(n) {
  return n === 0 || n === 100 ? percents(n / 100) : share(n / 100);
}

/** From ten thousand on, from a thousand on, and below, from the last to the first: what a figure at the top has room for. @type {Intl.NumberFormatOptions[]} */
const AMOUNTS = [{}, { maximumFractionDigits: 0 }, { notation: "compact", maximumFractionDigits: 1 }];

/** @type {Map<string, (n: number) => string>} */
const amounts = new Map();

/** An amount of money, short where it is large. @param {number} n @param {string} currency @param {string} otherwise  where the reader's browser does not know the currency */
export function amount(n, currency, otherwise) {
  const size = Math.abs(n) < 1_000 ? 0 : Math.abs(n) < 10_000 ? 1 : 2;
  const key = currency + size;
  if (!amounts.has(key)) amounts.set(key, writer({ style: "currency", currency, ...AMOUNTS[size] }));
  try {
    return /** @type {(n: number) => string} */ (amounts.get(key))(n);
  } catch {
    return otherwise;
  }
}

/** A span of milliseconds as "0.4 s", "12 s", "3 min" or "2 h". @param {number} ms */
export function span(ms) {
  const s = Math.max(0, ms) / 1000;
  if (s < 9.95) return oneDigit(s) + NBSP + "s";
  if (s < 120) return whole(Math.round(s)) + NBSP + "s";
  if (s < 7200) return whole(Math.round(s / 60)) + NBSP + "min";
  return whole(Math.round(s / 3600)) + NBSP + "h";
}

/** A duration of seconds as "4m 07s" or "12s". @param {number} seconds */
export function duration(seconds) {
  const s = Math.round(seconds);
  if (s < 60) return `${s}s`;
  if (s < 3600) return `${Math.floor(s / 60)}m${NBSP}${String(s % 60).padStart(2, "0")}s`;
  return `${whole(Math.floor(s / 3600))}h${NBSP}${String(Math.floor((s % 3600) / 60)).padStart(2, "0")}m`;
}

/** How much something changed, as "12%"; a thousandfold and more as "×12". @param {number} n percent */
export function change(n) {
  return n < 1_000 ? changes(n / 100) : `×${compact(n / 100 + 1)}`;
}

/** A difference of percentages, as "1.5 pts". @param {number} n */
export function points(n) {
  return `${twoDigits(Math.round(n * 10) / 10)}${NBSP}pts`;
}

/** The reader's own time zone: what is of no one site is told in it. @type {string | undefined} */
export const LOCAL = undefined;

/** Writes a moment in a time zone. @param {number} ms @param {string | undefined} timeZone @param {Intl.DateTimeFormatOptions} options */
export function moment(ms, timeZone, options) {
  return momentWriter(timeZone, options).format(ms);
}

/** Writes a span between two moments. @param {number} from @param {number} to @param {string | undefined} timeZone @param {Intl.DateTimeFormatOptions} options */
export function moments(from, to, timeZone, options) {
  return momentWriter(timeZone, options).formatRange(from, to);
}

/** @type {Map<string, Intl.DateTimeFormat>} */
const momentWriters = new Map();

// Made once, as above.
/** @param {string | undefined} timeZone @param {Intl.DateTimeFormatOptions} options */
function momentWriter(timeZone, options) {
  const key = timeZone + JSON.stringify(options);
  let made = momentWriters.get(key);
  if (!made) momentWriters.set(key, (made = new Intl.DateTimeFormat(undefined, { ...options, ...(options.hour === "numeric" && { hour: hourDigits() }), timeZone })));
  return made;
}

/** @type {"numeric" | "2-digit" | undefined} */
let hours;

// How the reader's language writes an hour: as 03:00 in British English, as 3:00 in Japanese. Intl's "numeric" writes 3:00 in all of them.
function hourDigits() {
  return (hours ??= new Intl.DateTimeFormat(undefined, { timeStyle: "short", timeZone: "UTC" }).formatToParts(3 * 3_600_000).some((p) => p.type === "hour" && p.value.length > 1) ? "2-digit" : "numeric");
}

/** A moment as "14:32:10" in a time zone. @param {number} ms @param {string | undefined} timeZone */
export function timeOfDay(ms, timeZone) {
  return moment(ms, timeZone, { hour: "numeric", minute: "2-digit", second: "2-digit" });
}

/** @type {Intl.DisplayNames | undefined} */
let regions;

/** The name of a country by its code, in the reader's language. @param {string} code */
export function countryName(code) {
  if (!/^[A-Z]{2}$/.test(code)) return code;
  regions ??= new Intl.DisplayNames(undefined, { type: "region" });
  try {
    return regions.of(code) ?? code;
  } catch {
    return code;
  }
}
