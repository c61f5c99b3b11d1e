// What copies of an outcome are told apart by: the fields that failed, or the reasons of the books. Plain values in and out.

import { count } from "../format.js";
import { reasonsOf } from "./bands.js";
import { reasonLabel } from "./outcomes.js";

/** @typedef {import("./Kinds.js").Kind} Kind */

const OTHER = "other"; // faults that the server does not tell apart any more

/** How often each field failed, most first; a note says why, where there is more than one why. @param {import("../api/ledger.js").Refused} refused @returns {Kind[]} */
export function fieldsOf({ rows }) {
  /** @type {Map<string, { n: number, why: string[] }>} */
  const fields = new Map();
  for (const { field, reason, n } of rows.filter((r) => r.reason !== OTHER)) {
    const known = fields.get(field) ?? { n: 0, why: [] };
    fields.set(field, { n: known.n + n, why: [...known.why, `${reasonLabel(reason)}${rows.filter((r) => r.field === field).length > 1 ? ` ${count(n)}` : ""}`] });
  }
  const told = [...fields].map(([field, { n, why }]) => ({ key: field, name: nameOf(field), note: why.join(", "), n })).sort((a, b) => b.n - a.n);
  const others = rows.filter((r) => r.reason === OTHER).reduce((sum, r) => sum + r.n, 0);
  return others > 0 ? [...told, { key: "\0", name: "others", note: "not told apart any more", n: others, fixed: true }] : told;
}

/** A field as a person reads it. @param {string} field */
export function nameOf(field) {
  return field || "whole event";
}

/** The reasons of an outcome, most first. @param {import("../api/ledger.js").Ledger} ledger @param {import("./bands.js").Booked} part @returns {Kind[]} */
export function bookedKinds(ledger, part) {
  return reasonsOf(ledger, part).map(({ reason, n }) => ({ key: reason, name: reasonLabel(reason), note: "", n }));
}
