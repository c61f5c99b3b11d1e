// Where bands of the ledger's flow run: plain numbers in and out.

/** @typedef {"counted" | "in_transit" | "duplicate" | "bot" | "late" | "quarantined"} Booked */
/** @typedef {Booked | "invalid"} Part */
/** @typedef {{ part: Part, reason: string, n: number }} Row  reason is "" where it is not told */
/** @typedef {Row & { top: number, height: number, from: number, thickness: number }} Band  top and height of its row; from and thickness of its band at the source */
/** @typedef {{ bands: Band[], height: number, source: { top: number, height: number } }} Layout */

/** What becomes of what was accepted, in the order in which it is told. @type {Booked[]} */
export const PARTS = ["counted", "in_transit", "duplicate", "bot", "late", "quarantined"];

/** What was received, by outcome and reason. What there is nothing of has a row all the same, so that rows stay where they are. @param {import("../api/ledger.js").Ledger} ledger @returns {Row[]} */
export function rowsOf(ledger) {
  return PARTS.flatMap((part) => {
    const n = ledger[part];
    const reasons = reasonsOf(ledger, part);
    const named = reasons.reduce((sum, row) => sum + row.n, 0);
    if (part === "in_transit" && n === 0) return [];
    return n > named || reasons.length === 0 ? [{ part, reason: "", n: n - named }, ...reasons] : reasons;
  });
}

/** The rows of an outcome that have a reason, most first. @param {import("../api/ledger.js").Ledger} ledger @param {Booked} part @returns {Row[]} */
export function reasonsOf({ reasons = {} }, part) {
  const mark = `${part}: `;
  return Object.entries(reasons)
    .filter(([reason, n]) => reason.startsWith(mark) && n > 0)
    .map(([reason, n]) => ({ part, reason: reason.slice(mark.length), n }))
    .sort((a, b) => b.n - a.n);
}

/**
 * Lays the rows out from top to bottom. A band is as thick as its share, but never too thin to be seen; a row is as high as its band, but
 * never too low to be read.
 * @param {Row[]} rows @param {{ room: number, least: number, line: number, gap: number }} measures  room: the thickness of everything together
 * @returns {Layout}
 */
export function layOut(rows, { room, least, line, gap }) {
  const total = rows.reduce((sum, row) => sum + row.n, 0);
  const thick = rows.map((row) => (row.n > 0 ? Math.max(least, (row.n / total) * room) : 0));
  let top = 0;
  const placed = rows.map((row, i) => {
    const height = Math.max(line, thick[i] + gap);
    const band = { ...row, top, height, from: 0, thickness: thick[i] };
    top += height;
    return band;
  });
  const height = thick.reduce((sum, t) => sum + t, 0);
  let from = (top - height) / 2;
  const source = { top: from, height };
  for (const band of placed) {
    band.from = from;
    from += band.thickness;
  }
  return { bands: placed, height: top, source };
}

/** The outline of a band between two upright edges. @param {Band} band @param {number} left @param {number} right */
export function outline({ from, thickness, top, height }, left, right) {
  const to = top + (height - thickness) / 2;
  const middle = (left + right) / 2;
  return `M${left},${from}C${middle},${from} ${middle},${to} ${right},${to}V${to + thickness}C${middle},${to + thickness} ${middle},${from + thickness} ${left},${from + thickness}Z`;
}
