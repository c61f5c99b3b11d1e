// Shapes from TopoJSON: borders that two countries share are stored once, as arcs, quantized and as differences.
//
// The format: github.com/topojson/topojson-specification, sections 2.1.2 to 2.1.4 and 2.2.

/** @typedef {[number, number]} Point */
/** @typedef {{ type: string, arcs?: any[], id?: string, properties: { name: string } }} Geometry */
/** @typedef {{ transform: { scale: Point, translate: Point }, arcs: Point[][], objects: Record<string, { geometries: Geometry[] }> }} Topology */

/** Its arcs as longitudes and latitudes. @param {Topology} topology @returns {Point[][]} */
export function decodeArcs({ arcs, transform: { scale, translate } }) {
  return arcs.map((arc) => {
    let x = 0;
    let y = 0;
    return arc.map(([dx, dy]) => /** @type {Point} */ ([(x += dx) * scale[0] + translate[0], (y += dy) * scale[1] + translate[1]]));
  });
}

/** The rings of a geometry. An arc that is read backwards is named by its complement. @param {Geometry} geometry @param {Point[][]} arcs @returns {Point[][]} */
export function ringsOf(geometry, arcs) {
  /** @type {number[][]} */
  const rings = geometry.type === "MultiPolygon" ? (geometry.arcs ?? []).flat() : geometry.type === "Polygon" ? (geometry.arcs ?? []) : [];
  return rings.map((indices) => indices.flatMap((i, at) => {
    const points = i < 0 ? arcs[~i].toReversed() : arcs[i];
    return at === 0 ? points : points.slice(1); // where one ends the next begins
  }));
}
