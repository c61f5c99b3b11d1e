// How the texts of dimensions are shown: what the server keeps as a code is told by its name.

import { countryName } from "../format.js";

/** @type {Intl.DisplayNames | null | undefined} */
let languages;

/** @template T @param {() => T} make */
function safe(make) {
  try {
    return make();
  } catch {
    return null;
  }
}

/** A row's text as people read it. @param {string} dimension @param {string} text */
export function shown(dimension, text) {
  if (dimension === "visit:country") return countryName(text);
  if (dimension === "visit:language" && /^[a-z]{2,3}(-[A-Za-z0-9]{2,4})?$/.test(text)) return languageName(text);
  return text;
}

/** @param {string} tag */
function languageName(tag) {
  languages ??= safe(() => new Intl.DisplayNames(undefined, { type: "language" }));
  return safe(() => languages?.of(tag)) ?? tag;
}

/** What stands before a row's text: the code of a country, as a sign. @param {string} dimension @param {string} text */
export function sign(dimension, text) {
  if (dimension === "visit:country" && /^[A-Z]{2}$/.test(text)) return text;
  if (dimension === "visit:region" && /^[A-Z]{2}-/.test(text)) return text.slice(0, 2);
  return "";
}

/** The words of an operator. @type {Record<import("../choice.js").Operator, string>} */
export const OPERATOR_WORDS = {
  is: "is", is_not: "is not", contains: "contains", contains_not: "does not contain", matches: "matches", matches_not: "does not match",
};
