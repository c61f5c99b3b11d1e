// The last ten minutes as bars, the open window last and paler.

import { html } from "../html.js";

/** @param {{ values: number[] }} props */
export function Bars({ values }) {
  const most = Math.max(...values, 1);
  return html`<svg class="tv-bars" viewBox="0 0 ${values.length * 10} 100" preserveAspectRatio="none" aria-hidden="true">
    ${values.map((v, i) => html`<rect key=${i} x=${i * 10 + 1} width="8" y=${100 - (v / most) * 100} height=${(v / most) * 100} data-open=${i === values.length - 1} />`)}
  </svg>`;
}
