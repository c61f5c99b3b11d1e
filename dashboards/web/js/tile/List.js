// A tile that is a list: as many rows as there is room for.

import { useLayoutEffect, useRef, useState } from "preact/hooks";
import { countryName } from "../format.js";
import { html } from "../html.js";
import { Bar } from "../ui/Bar.js";
import { LISTS, MEASURES, numberOf, PERIODS } from "./measures.js";

/** @param {{ answer: import("../api/tile.js").TileAnswer }} props */
export function List({ answer: { site, metric, period, by = "", list } }) {
  const rows = list?.results ?? [];
  return html`<p class="tile-label">${LISTS[by]} <span class="muted">by ${MEASURES[metric].label.toLowerCase()}</span></p>
    <${Rows} rows=${rows} by=${by} metric=${metric} />
    <p class="tile-foot"><bdi>${site}</bdi><span>${PERIODS[period]}</span></p>`;
}

/** @param {{ rows: import("../api/stats.js").Row[], by: string, metric: string }} props */
export function Rows({ rows, by, metric }) {
  const box = useRef(/** @type {HTMLOListElement | null} */ (null));
  const room = useRoom(box);
  const most = Math.max(1, ...rows.map((r) => numberOf(r.metrics[0])));
  if (rows.length === 0) return html`<p class="nothing tile-rows">Nothing yet</p>`;
  return html`<ol class="tile-rows" ref=${box}>
    ${rows.slice(0, room).map((r) => html`<li key=${r.dimensions[0]} class="tile-row">
      <${Bar} share=${numberOf(r.metrics[0]) / most}><bdi>${nameOf(by, r.dimensions[0])}</bdi><//>
      <span class="num">${MEASURES[metric].write(numberOf(r.metrics[0]))}</span></li>`)}
  </ol>`;
}

/** How many rows of the height of the first fit. @param {{ current: HTMLOListElement | null }} box */
function useRoom(box) {
  const [room, setRoom] = useState(5);
  useLayoutEffect(() => {
    const list = box.current;
    if (!list) return;
    const count = () => setRoom(Math.max(1, Math.floor(list.clientHeight / (list.firstElementChild?.getBoundingClientRect().height || 32))));
    const watch = new ResizeObserver(count);
    watch.observe(list);
    count();
    return () => watch.disconnect();
  }, [box.current]);
  return room;
}

/** @param {string} by @param {string} value */
function nameOf(by, value) {
  return by === "country" ? countryName(value) : value || "(none)";
}
