// How often each field failed, or each reason was why: a click narrows the samples below to it, another one widens them again.

import { count } from "../format.js";
import { html } from "../html.js";
import { Bar } from "../ui/Bar.js";

/** @typedef {{ key: string, name: string, note: string, n: number, fixed?: boolean }} Kind  fixed: there are no samples of it alone */

/** @param {{ kinds: Kind[], chosen: string | null, label: string, onChoose: (key: string | null) => void }} props */
export function Kinds({ kinds, chosen, label, onChoose }) {
  const most = Math.max(1, ...kinds.map((k) => k.n));
  return html`<ul class="kinds" aria-label=${label}>${kinds.map((k) => html`<li key=${k.key}>
    ${k.fixed ? html`<span class="kind"><${Row} kind=${k} most=${most} /></span>`
    : html`<button type="button" class="kind" aria-pressed=${k.key === chosen} onClick=${() => onChoose(k.key === chosen ? null : k.key)}><${Row} kind=${k} most=${most} /></button>`}
  </li>`)}</ul>`;
}

/** @param {{ kind: Kind, most: number }} props */
function Row({ kind: { name, note, n }, most }) {
  return html`<${Bar} share=${n / most}><b>${name}</b>${note && html` <span class="muted small">${note}</span>`}<//><span class="num">${count(n)}</span>`;
}
