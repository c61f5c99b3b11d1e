// The ledger as a flow: what was received on the left, what became of it on the right, as thick as it is many. Each outcome opens samples of it.

import { useLayoutEffect, useMemo, useRef, useState } from "preact/hooks";
import { count, percent } from "../format.js";
import { html } from "../html.js";
import { Icon } from "../ui/Icon.js";
import { layOut, outline, rowsOf } from "./bands.js";
import { OUTCOMES, reasonLabel } from "./outcomes.js";

const MEASURES = { room: 190, least: 2.5, line: 38, gap: 8 };
const NODE = 9; // width of the upright ends, pixels

/** @typedef {import("./bands.js").Row} Row */

/** @param {Row} row */
const keyOf = (row) => row.part + row.reason;

/** @param {{ ledger: import("../api/ledger.js").Ledger, onOpen: (row: Row) => void }} props */
export function Flow({ ledger, onOpen }) {
  const rows = useMemo(() => rowsOf(ledger), [ledger]);
  const layout = useMemo(() => layOut(rows, MEASURES), [rows]);
  const total = rows.reduce((sum, row) => sum + row.n, 0);
  return html`<div class="sankey">
    <${Bands} layout=${layout} />
    <ul class="sankey-rows" aria-label="What became of what was received">
      ${layout.bands.map((band) => html`<li key=${keyOf(band)} style=${{ height: `${band.height}px` }}>
        <${Label} row=${band} total=${total} onOpen=${onOpen} />
      </li>`)}
    </ul>
    <${Words} rows=${rows} total=${total} />
  </div>`;
}

/** @param {{ layout: import("./bands.js").Layout }} props */
function Bands({ layout: { bands, height, source } }) {
  const box = useRef(/** @type {HTMLDivElement | null} */ (null));
  const [width, setWidth] = useState(0);
  useLayoutEffect(() => {
    const watched = /** @type {HTMLDivElement} */ (box.current);
    const watch = new ResizeObserver(() => setWidth(watched.clientWidth));
    watch.observe(watched);
    setWidth(watched.clientWidth);
    return () => watch.disconnect();
  }, []);
  const right = width - NODE;
  return html`<div class="sankey-bands" ref=${box} style=${{ height: `${height}px` }}>
    ${width > 0 && html`<svg width=${width} height=${height} aria-hidden="true">
      <rect class="sankey-source" x="0" y=${source.top} width=${NODE} height=${source.height} rx="2" />
      ${bands.map((band) => band.n > 0 && html`<g key=${keyOf(band)} data-outcome=${band.part}>
        <path class="sankey-band" d=${outline(band, NODE, right)} />
        <rect class="sankey-end" x=${right} y=${band.top + (band.height - band.thickness) / 2} width=${NODE} height=${band.thickness} rx=${Math.min(2, band.thickness / 2)} />
      </g>`)}
    </svg>`}
  </div>`;
}

/** @param {{ row: Row, total: number, onOpen: (row: Row) => void }} props */
function Label({ row, total, onOpen }) {
  const { label, means } = OUTCOMES[row.part];
  const text = html`<span class="sankey-name">${label}${row.reason && html` <span class="sankey-reason">${reasonLabel(row.reason)}</span>`}</span>
    <span class="sankey-count num">${count(row.n)}</span>
    <span class="sankey-share num">${percent(row.n, total)}</span>`;
  if (row.part === "in_transit") return html`<span class="sankey-row" title=${means}>${text}</span>`;
  return html`<button type="button" class="sankey-row" data-none=${row.n === 0} title="${means} Show samples." onClick=${() => onOpen(row)}>${text}<${Icon} name="on" /></button>`;
}

// The same for those who cannot see it.
/** @param {{ rows: Row[], total: number }} props */
function Words({ rows, total }) {
  return html`<div class="unseen"><table>
    <caption>What became of ${count(total)} that were received</caption>
    <thead><tr><th scope="col">Outcome</th><th scope="col">Reason</th><th scope="col">Events</th><th scope="col">Share</th></tr></thead>
    <tbody>${rows.map((row) => html`<tr key=${keyOf(row)}><th scope="row">${OUTCOMES[row.part].label}</th><td>${reasonLabel(row.reason)}</td><td>${count(row.n)}</td><td>${percent(row.n, total)}</td></tr>`)}</tbody>
  </table></div>`;
}
