// The world as paths: read once, when the first map is shown.

import { cut } from "./antimeridian.js";
import { countryOf } from "./iso.js";
import { project } from "./projection.js";
import { decodeArcs, ringsOf } from "./topology.js";

/** @typedef {{ country: string, path: string, box: [number, number, number, number] }} Shape  box: left, top, right, bottom of its largest part */
/** @typedef {{ width: number, height: number, shapes: Shape[] }} World */

const WIDTH = 960;
const UNSEEN = "AQ"; // the ice around the pole would take a fifth of the height
const EDGE = 2;

/** @type {Promise<World> | undefined} */
let world;

/** The world, ready to be drawn. What failed may be tried again. @returns {Promise<World>} */
export function loadWorld() {
  world ??= fetchAtlas().then(drawWorld);
  world.catch(() => (world = undefined));
  return world;
}

async function fetchAtlas() {
  const answer = await fetch(import.meta.resolve("../../third_party/world-atlas/countries-110m.json"));
  if (!answer.ok) throw new Error("The map could not be loaded.");
  return answer.json();
}

/** @param {import("./topology.js").Topology} topology @returns {World} */
export function drawWorld(topology) {
  const arcs = decodeArcs(topology);
  /** @type {Map<string, import("./topology.js").Geometry[]>} */
  const byCountry = new Map();
  for (const g of topology.objects.countries.geometries) {
    const country = countryOf(g.id, g.properties.name);
    byCountry.set(country, [...(byCountry.get(country) ?? []), g]);
  }
  byCountry.delete(UNSEEN);
  const drawn = [...byCountry].map(([country, geometries]) => ({ country, rings: geometries.flatMap((g) => ringsOf(g, arcs).flatMap(cut).map((ring) => ring.map(([lon, lat]) => project(lon, lat)))) }));
  const [left, bottom, right, top] = bounds(drawn.flatMap((s) => s.rings.flat()));
  const scale = (WIDTH - 2 * EDGE) / (right - left);
  /** @param {[number, number]} point @returns {[number, number]} */
  const place = ([x, y]) => [(x - left) * scale + EDGE, (top - y) * scale + EDGE];
  const shapes = drawn.map(({ country, rings }) => {
    const placed = rings.map((ring) => ring.map(place));
    return { country, path: placed.map(pathOf).join(""), box: largest(placed) };
  });
  return { width: WIDTH, height: Math.ceil((top - bottom) * scale + 2 * EDGE), shapes };
}

/** @param {[number, number][]} ring */
function pathOf(ring) {
  return `M${ring.map(([x, y]) => `${tenth(x)},${tenth(y)}`).join("L")}Z`;
}

/** @param {number} n */
function tenth(n) {
  return Math.round(n * 10) / 10;
}

/** @param {[number, number][]} points @returns {[number, number, number, number]} */
function bounds(points) {
  let [a, b, c, d] = [Infinity, Infinity, -Infinity, -Infinity];
  for (const [x, y] of points) {
    a = Math.min(a, x);
    b = Math.min(b, y);
    c = Math.max(c, x);
    d = Math.max(d, y);
  }
  return [a, b, c, d];
}

/** @param {[number, number][][]} rings */
function largest(rings) {
  const boxes = rings.map(bounds);
  return boxes.reduce((best, box) => (areaOf(box) > areaOf(best) ? box : best));
}

/** @param {[number, number, number, number]} box */
function areaOf([a, b, c, d]) {
  return (c - a) * (d - b);
}
