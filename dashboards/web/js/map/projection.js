// The Equal Earth projection: areas keep their proportions, so that a large country is not made larger still.
//
// B. Šavrič, T. Patterson, B. Jenny, "The Equal Earth map projection", International Journal of Geographical Information Science 33 (2019), equations 9
// to 11: a polynomial in the parametric latitude.

const A1 = 1.340264;
const A2 = -0.081106;
const A3 = 0.000893;
const A4 = 0.003796;
const M = Math.sqrt(3) / 2;
const RADIANS = Math.PI / 180;

/** Where a place is on the map, in radii of the globe, north upwards. @param {number} longitude degrees @param {number} latitude degrees @returns {[number, number]} */
export function project(longitude, latitude) {
  const t = Math.asin(M * Math.sin(latitude * RADIANS));
  const t2 = t * t;
  const t6 = t2 * t2 * t2;
  return [
    (longitude * RADIANS * Math.cos(t)) / (M * (A1 + 3 * A2 * t2 + t6 * (7 * A3 + 9 * A4 * t2))),
    t * (A1 + A2 * t2 + t6 * (A3 + A4 * t2)),
  ];
}
