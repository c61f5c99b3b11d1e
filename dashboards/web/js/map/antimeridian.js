// Rings that cross the 180th meridian are whole in the atlas, as on a globe. On a map they are cut there, and what is beyond comes in at the other side.

/** @typedef {[number, number]} Point  longitude, latitude */

/** The parts of a ring between -180 and 180 degrees. @param {Point[]} ring @returns {Point[][]} */
export function cut(ring) {
  const whole = unrolled(ring);
  if (whole.every(([lon]) => lon >= -180 && lon <= 180)) return [whole];
  return [-360, 0, 360].map((shift) => within(whole.map(([lon, lat]) => /** @type {Point} */ ([lon + shift, lat])))).filter((part) => part.length > 2);
}

/** Its longitudes go on beyond 180 degrees rather than jump. @param {Point[]} ring @returns {Point[]} */
function unrolled(ring) {
  let before = ring[0][0];
  return ring.map(([lon, lat]) => {
    before = lon + 360 * Math.round((before - lon) / 360);
    return [before, lat];
  });
}

/** @param {Point[]} ring */
function within(ring) {
  return halved(halved(ring, (lon) => lon + 180), (lon) => 180 - lon);
}

/** What is on the side where the distance is positive (Sutherland and Hodgman's clipping, for one edge). @param {Point[]} ring @param {(lon: number) => number} distance @returns {Point[]} */
function halved(ring, distance) {
  return ring.flatMap((point, i) => {
    const last = ring.at(i - 1) ?? point;
    const [a, b] = [distance(last[0]), distance(point[0])];
    const crossed = a * b < 0 ? [/** @type {Point} */ ([last[0] + ((point[0] - last[0]) * a) / (a - b), last[1] + ((point[1] - last[1]) * a) / (a - b)])] : [];
    return b >= 0 ? [...crossed, point] : crossed;
  });
}
