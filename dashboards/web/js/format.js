// How numbers and times are written: in the reader's own habit (Intl), the times in the site's time zone.

const NBSP = "\u00a0";
const whole = new Intl.NumberFormat();
const oneDigit = new Intl.NumberFormat(undefined, { minimumFractionDigits: 1, maximumFractionDigits: 1 });
const share = new Intl.NumberFormat(undefined, { style: "percent", minimumFractionDigits: 1, maximumFractionDigits: 1 });

/** 12345 as "12,345". An estimate is marked by a preceding sign. */
export function count(n, exact = true) {
  return (exact ? "" : "≈" + NBSP) + whole.format(n);
}

/** The share of part in total, "" where there is none. A small part that is there is never written as none. */
export function percent(part, total) {
  if (!part || !total) return "";
  if (part / total < 0.001) return "<" + NBSP + share.format(0.001);
  return share.format(part / total);
}

/** A span of milliseconds as "0.4 s", "12 s", "3 min" or "2 h". */
export function span(ms) {
  const s = Math.max(0, ms) / 1000;
  if (s < 9.95) return oneDigit.format(s) + NBSP + "s";
  if (s < 120) return whole.format(Math.round(s)) + NBSP + "s";
  if (s < 7200) return whole.format(Math.round(s / 60)) + NBSP + "min";
  return whole.format(Math.round(s / 3600)) + NBSP + "h";
}

/** Writers of times of day in a time zone: minute "14:32" and second "14:32:10". */
export function clock(timeZone) {
  const at = (options) => new Intl.DateTimeFormat(undefined, { ...options, timeZone });
  const minute = at({ hour: "numeric", minute: "2-digit" });
  const second = at({ hour: "numeric", minute: "2-digit", second: "2-digit" });
  return { minute: (ms) => minute.format(ms), second: (ms) => second.format(ms) };
}
