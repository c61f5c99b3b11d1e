// Countries that are too small for a shape of their own.

import { html } from "../html.js";

/** @param {{ places: import("./map.js").Place[], picked: string[], onPick: (country: string) => void, label: string }} props */
export function Elsewhere({ places, picked, onPick, label }) {
  if (places.length === 0) return null;
  return html`<div class="map-elsewhere">
    <span class="muted small" id="map-elsewhere">Too small to draw</span>
    <ul aria-labelledby="map-elsewhere">
      ${places.map((p) => html`<li key=${p.country}><button type="button" class="map-small" aria-pressed=${picked.includes(p.country)} onClick=${() => onPick(p.country)}
        aria-label="${p.name}: ${p.text} ${label}"><span class="map-dot" data-shade=${p.shade}></span>${p.name} <b class="num">${p.text}</b></button></li>`)}
    </ul>
  </div>`;
}
