// The world by countries. Loaded when its tab is opened.
//
// Contract: the default export is a component that gets `rows`, each with `country` (ISO 3166-1 alpha-2), `value` and `text` (how the value is
// written), and `onPick`, to be called with the code of a country that was clicked. It takes the width that it is given and keeps its
// own proportions. `picked` are the codes that the page is filtered by now. `label` says what the values are, as "visitors".

import { useEffect, useMemo, useState } from "preact/hooks";
import { countryName } from "../format.js";
import { html } from "../html.js";
import { Failure } from "../ui/Failure.js";
import { wearSheets } from "../ui/sheets.js";
import { Elsewhere } from "./Elsewhere.js";
import { Land } from "./Land.js";
import { Legend } from "./Legend.js";
import { classOf, edges, shadeOf } from "./scale.js";
import { loadWorld } from "./world.js";

/** @typedef {{ country: string, value: number, text: string }} MapRow */
/** @typedef {MapRow & { name: string, shade: number }} Place */
/** @typedef {import("./world.js").World} World */

const NONE = /** @type {string[]} */ ([]);
const SHEETS = [import.meta.resolve("../../css/map.css")];

/** @param {{ rows: MapRow[], onPick: (country: string) => void, picked?: string[], label?: string }} props */
export default function WorldMap({ rows, onPick, picked = NONE, label = "visitors" }) {
  const { world, fault, again } = useWorld();
  const steps = useMemo(() => edges(Math.max(0, ...rows.map((r) => r.value))), [rows]);
  const places = useMemo(() => placesOf(rows, steps), [rows, steps]);
  if (fault) return html`<${Failure} fault=${fault} again=${again} />`;
  if (!world) return html`<div class="skeleton" style=${{ aspectRatio: "2.13" }} role="status" aria-label="The map is loading"></div>`;
  const here = new Set(world.shapes.map((s) => s.country));
  const onMap = [...places.values()].some((p) => here.has(p.country));
  return html`<div class="map">
    <${Land} world=${world} places=${places} picked=${picked} onPick=${onPick} label=${label} />
    ${places.size === 0 && html`<p class="map-empty">Nobody from a known country yet</p>`}
    ${onMap && html`<${Legend} steps=${steps} label=${label} />`}
    <${Elsewhere} places=${[...places.values()].filter((p) => !here.has(p.country))} picked=${picked} onPick=${onPick} label=${label} />
  </div>`;
}

/** @returns {{ world: World | null, fault: unknown, again: () => void }} */
function useWorld() {
  const [world, setWorld] = useState(/** @type {World | null} */ (null));
  const [fault, setFault] = useState(/** @type {unknown} */ (null));
  const [attempt, setAttempt] = useState(0);
  useEffect(() => {
    let left = false;
    setFault(null);
    Promise.all([loadWorld(), wearSheets(SHEETS)]).then(([loaded]) => !left && setWorld(loaded), (why) => !left && setFault(why));
    return () => void (left = true);
  }, [attempt]);
  return { world, fault, again: () => setAttempt(attempt + 1) };
}

/** The rows by their country, the greatest first. @param {MapRow[]} rows @param {number[]} steps @returns {Map<string, Place>} */
function placesOf(rows, steps) {
  return new Map(rows.filter((r) => r.value > 0 && /^[A-Z]{2}$/.test(r.country)).sort((a, b) => b.value - a.value).map((r) => [
    r.country, { ...r, name: countryName(r.country), shade: shadeOf(classOf(r.value, steps), steps) },
  ]));
}
