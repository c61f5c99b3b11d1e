// The classes of the map's colours. Few countries have most of the visits, so each class spans the same factor rather than the same
// number, with edges that people read easily.

/** How many classes there are, beside the one for nothing. */
export const CLASSES = 5;

/** The least value of each class above the first, whole and round, growing; fewer where the greatest value is small. @param {number} most @returns {number[]} */
export function edges(most) {
  const factor = Math.max(most, 1) ** (1 / CLASSES);
  const found = new Set();
  for (let i = 1; i < CLASSES; i++) found.add(round(factor ** i));
  return [...found].filter((n) => n > 1 && n <= most);
}

/** Rounds to 1, 2 or 5 times a power of ten, below 10 to a whole number. @param {number} n */
function round(n) {
  if (n < 10) return Math.round(n);
  const power = 10 ** Math.floor(Math.log10(n));
  const lead = n / power;
  return (lead < 1.5 ? 1 : lead < 3.5 ? 2 : lead < 7.5 ? 5 : 10) * power;
}

/** The class of a value: 0 for nothing, 1 to the number of edges and one more. @param {number} value @param {number[]} edges */
export function classOf(value, edges) {
  return value > 0 ? 1 + edges.filter((edge) => value >= edge).length : 0;
}

/** Which of the colours a class has, so that the greatest values always wear the strongest one. @param {number} n @param {number[]} edges */
export function shadeOf(n, edges) {
  if (n === 0 || edges.length === 0) return n === 0 ? 0 : CLASSES;
  return 1 + Math.round(((n - 1) / edges.length) * (CLASSES - 1));
}
