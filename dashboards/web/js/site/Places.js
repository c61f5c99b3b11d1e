// The countries as a map. It is loaded when its tab is opened.

import { html } from "../html.js";
import { write } from "../metrics.js";
import { lazy } from "../ui/Lazy.js";
import { Skeleton } from "../ui/Skeleton.js";
import { ROWS } from "./cards.js";
import { pick, pickedOf } from "./Listing.js";

const WorldMap = lazy(() => import("../map/map.js"), html`<${Skeleton} rows=${ROWS} />`);

/** @param {{ answer: import("../api/stats.js").Answer, spec: import("./cards.js").Listing }} props */
export function CountryMap({ answer, spec }) {
  const rows = answer.results.map((r) => ({ country: r.dimensions[0], value: Number(r.metrics[0]), text: write(spec.metric, r.metrics[0]) }));
  return html`<${WorldMap} rows=${rows} picked=${pickedOf(spec.dimension)} onPick=${(/** @type {string} */ code) => pick(spec.dimension, code)} />`;
}
