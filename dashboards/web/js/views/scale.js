// Whole, round steps for an axis of counts, so that the scale seldom changes while the bars move.

const FEWEST = 4; // a single event is a small bar, not a full one
const LINES = 4;

/** The distance between grid lines for counts up to most: 1, 2 or 5 times a power of ten. */
function stepFor(most) {
  const rough = Math.max(most, FEWEST) / LINES;
  const power = 10 ** Math.floor(Math.log10(rough));
  const factor = [1, 2, 5, 10].find((f) => f * power >= rough);
  return Math.max(1, factor * power);
}

/** The top of the axis: the first grid line that is not below most. */
export function niceTop(most) {
  const step = stepFor(most);
  return Math.ceil(Math.max(most, FEWEST) / step) * step;
}

/** The grid lines from 0 to top. */
export function steps(top) {
  const step = stepFor(top);
  return Array.from({ length: Math.floor(top / step) + 1 }, (_, i) => i * step);
}
