// What a reader has chosen of the site view, and how it stands in the address. Plain values in and out.

/** @typedef {"live" | "day" | "yesterday" | "24h" | "7d" | "28d" | "91d" | "month" | "year" | "all" | "custom"} PeriodName */
/**
 * A period. "day", "month" and "year" may name a date, else they are those of today; "custom" has two dates, of which the last belongs to it, or two
 * times in ISO 8601.
 * @typedef {{ name: PeriodName, date?: string, from?: string, to?: string }} Period
 */
/** @typedef {"is" | "is_not" | "contains" | "contains_not" | "matches" | "matches_not"} Operator */
/** @typedef {{ op: Operator, dimension: string, values: string[] }} Condition */
/** @typedef {"" | "previous" | "year"} Comparing */
/**
 * @typedef {object} Choice
 * @property {Period} period
 * @property {Comparing} compare
 * @property {Condition[]} filters
 * @property {string} metric  of the chart
 * @property {string} interval  of the chart; "" to let the period choose
 * @property {Record<string, string>} tabs  by card; those that are not the first
 * @property {string} list  the dimension whose list is open; "" for none
 * @property {string} journey  the page that journeys are shown of; "" for the most viewed
 * @property {string} funnel  the steps of the funnel on show
 * @property {boolean} tv
 */

/** @type {PeriodName[]} */
const PERIODS = ["live", "day", "yesterday", "24h", "7d", "28d", "91d", "month", "year", "all", "custom"];

/** @type {Operator[]} */
export const OPERATORS = ["is", "is_not", "contains", "contains_not", "matches", "matches_not"];

const DEFAULT_PERIOD = "day";
const DEFAULT_METRIC = "visitors";
const CARDS = ["pages", "sources", "places", "devices", "goals", "properties", "ledger"];
const DATE = { day: /^\d{4}-\d\d-\d\d$/, month: /^\d{4}-\d\d$/, year: /^\d{4}$/ };
const EDGE = /^\d{4}-\d\d-\d\d(T[\d:.]+(Z|[+-]\d\d:\d\d))?$/;

/** @param {URLSearchParams} params @returns {Choice} */
export function readChoice(params) {
  /** @type {Record<string, string>} */
  const tabs = {};
  for (const card of CARDS) if (params.get(card)) tabs[card] = /** @type {string} */ (params.get(card));
  const compare = params.get("compare");
  return {
    period: readPeriod(params),
    compare: compare === "previous" || compare === "year" ? compare : "",
    filters: params.getAll("f").map(readCondition).filter((f) => f !== null),
    metric: params.get("metric") || DEFAULT_METRIC,
    interval: params.get("interval") || "",
    tabs,
    list: params.get("list") || "",
    journey: params.get("journey") || "",
    funnel: params.get("funnel") || "",
    tv: params.get("tv") === "1",
  };
}

/** What is as it would be without being said is left out. @param {Choice} choice */
export function writeChoice(choice) {
  const params = new URLSearchParams();
  const { name, date, from, to } = choice.period;
  if (name !== DEFAULT_PERIOD || date) params.set("period", name);
  if (date) params.set("date", date);
  if (name === "custom") {
    params.set("from", from ?? "");
    params.set("to", to ?? "");
  }
  for (const f of choice.filters) params.append("f", writeCondition(f));
  const rest = { compare: choice.compare, interval: choice.interval, list: choice.list, journey: choice.journey, funnel: choice.funnel };
  if (choice.metric !== DEFAULT_METRIC) params.set("metric", choice.metric);
  for (const [key, value] of Object.entries({ ...rest, ...choice.tabs })) if (value) params.set(key, value);
  if (choice.tv) params.set("tv", "1");
  return params;
}

/** @param {URLSearchParams} params @returns {Period} */
function readPeriod(params) {
  const name = /** @type {PeriodName} */ (params.get("period") || DEFAULT_PERIOD);
  if (name === "day" || name === "month" || name === "year") {
    const date = params.get("date") ?? "";
    return DATE[name].test(date) ? { name, date } : { name };
  }
  if (name === "custom") {
    const from = params.get("from") ?? "";
    const to = params.get("to") ?? "";
    return EDGE.test(from) && EDGE.test(to) ? { name, from, to } : { name: DEFAULT_PERIOD };
  }
  return { name: PERIODS.includes(name) ? name : DEFAULT_PERIOD };
}

/** A condition as "is,visit:country,DE|FR"; the signs that part it are escaped in its texts. @param {Condition} condition */
export function writeCondition({ op, dimension, values }) {
  return [op, escape(dimension), values.map(escape).join("|")].join(",");
}

/** @param {string} text @returns {Condition | null} */
export function readCondition(text) {
  const [op, dimension, values, ...more] = text.split(",");
  if (!OPERATORS.includes(/** @type {Operator} */ (op)) || !dimension || !values || more.length > 0) return null;
  return { op: /** @type {Operator} */ (op), dimension: unescape(dimension), values: values.split("|").map(unescape) };
}

/** @param {string} text */
function escape(text) {
  return text.replace(/[,|\\]/g, (sign) => ({ ",": "\\c", "|": "\\p", "\\": "\\\\" })[sign] ?? sign);
}

/** @param {string} text */
function unescape(text) {
  return text.replace(/\\([cp\\])/g, (_, sign) => ({ c: ",", p: "|" })[/** @type {string} */ (sign)] ?? "\\");
}

/** The filters after a click on a row: one more, or one less where it is there already. @param {Condition[]} filters @param {string} dimension @param {string} value @returns {Condition[]} */
export function toggleFilter(filters, dimension, value) {
  const rest = filters.filter((f) => !(f.op === "is" && f.dimension === dimension));
  const old = filters.find((f) => f.op === "is" && f.dimension === dimension);
  if (old?.values.length === 1 && old.values[0] === value) return rest;
  return [...rest, { op: "is", dimension, values: [value] }];
}

/** A condition as the Stats API takes it. Texts are found whatever their case. @param {Condition} condition @returns {unknown[]} */
export function filterOf({ op, dimension, values }) {
  return op.startsWith("contains") ? [op, dimension, values, { case_sensitive: false }] : [op, dimension, values];
}
