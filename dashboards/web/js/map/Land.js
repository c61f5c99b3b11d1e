// The shapes of the countries. Those with a value can be picked: by the pointer, or by the keyboard, for which the map is one stop and the arrows
// go from country to country, the greatest value first.

import { useMemo, useRef, useState } from "preact/hooks";
import { html } from "../html.js";
import { countryName } from "../format.js";
import { Tip } from "./Tip.js";

/** @typedef {import("./map.js").Place} Place */

/**
 * @param {object} props
 * @param {import("./world.js").World} props.world
 * @param {Map<string, Place>} props.places  the greatest value first
 * @param {string[]} props.picked
 * @param {(country: string) => void} props.onPick
 * @param {string} props.label
 */
export function Land({ world, places, picked, onPick, label }) {
  const box = useRef(/** @type {HTMLDivElement | null} */ (null));
  const [tip, setTip] = useState(/** @type {{ country: string, x: number, y: number } | null} */ (null));
  const [stop, setStop] = useState("");
  const order = useMemo(() => {
    const drawn = new Set(world.shapes.map((s) => s.country));
    return [...places.keys()].filter((c) => drawn.has(c));
  }, [world, places]);
  const current = order.includes(stop) ? stop : order[0];

  /** @param {Event} event */
  const countryAt = (event) => /** @type {SVGElement} */ (event.target).dataset?.country ?? "";

  /** @param {PointerEvent} event */
  function point(event) {
    const country = event.pointerType === "touch" ? "" : countryAt(event);
    const edge = /** @type {HTMLElement} */ (box.current).getBoundingClientRect();
    setTip(country ? { country, x: event.clientX - edge.left, y: event.clientY - edge.top } : null);
  }

  /** @param {string} country */
  function showTipOf(country) {
    const shape = world.shapes.find((s) => s.country === country);
    const width = box.current?.clientWidth ?? 0;
    if (!shape) return;
    const [left, top, right] = shape.box;
    setTip({ country, x: ((left + right) / 2 / world.width) * width, y: (top / world.width) * width });
  }

  /** @param {KeyboardEvent} event */
  function onKey(event) {
    const here = countryAt(event); // what was clicked has the focus too, and need not be the stop
    const at = order.indexOf(here);
    const next = { ArrowRight: at + 1, ArrowDown: at + 1, ArrowLeft: at - 1, ArrowUp: at - 1, Home: 0, End: order.length - 1 }[event.key];
    if (event.key === "Escape" && tip) {
      event.stopPropagation();
      setTip(null);
    } else if ((event.key === "Enter" || event.key === " ") && places.has(here)) {
      event.preventDefault();
      onPick(here);
    } else if (next !== undefined) {
      event.preventDefault();
      event.stopPropagation(); // elsewhere the arrows move the period
      focusOn(order[(next + order.length) % order.length]);
    }
  }

  /** @param {string} country */
  function arrive(country) {
    setStop(country);
    showTipOf(country);
  }

  /** @param {string} country */
  function focusOn(country) {
    /** @type {SVGElement | null | undefined} */ (box.current?.querySelector(`[data-country="${country}"]`))?.focus();
  }

  return html`<div class="map-land" ref=${box} onPointerMove=${point} onPointerLeave=${() => setTip(null)} onKeyDown=${onKey}
    onFocusIn=${(/** @type {Event} */ e) => arrive(countryAt(e))} onFocusOut=${() => setTip(null)}
    onClick=${(/** @type {Event} */ e) => places.has(countryAt(e)) && onPick(countryAt(e))}>
    <svg viewBox="0 0 ${world.width} ${world.height}" role="group" aria-label="Map of the world: ${label} by country">
      ${world.shapes.map(({ country, path }) => html`<${Country} key=${country} country=${country} path=${path} place=${places.get(country)}
        picked=${picked.includes(country)} stop=${country === current} label=${label} />`)}
      ${picked.map((country) => html`<path key=${`over-${country}`} class="map-picked" d=${world.shapes.find((s) => s.country === country)?.path ?? ""} />`)}
      ${tip && html`<path class="map-hover" d=${world.shapes.find((s) => s.country === tip.country)?.path ?? ""} />`}
    </svg>
    ${tip && html`<${Tip} x=${tip.x} y=${tip.y} name=${countryName(tip.country)} text=${places.get(tip.country)?.text} label=${label} />`}
  </div>`;
}

/** @param {{ country: string, path: string, place?: Place, picked: boolean, stop: boolean, label: string }} props */
function Country({ country, path, place, picked, stop, label }) {
  if (!place) return html`<path class="country" d=${path} data-country=${country} data-shade="0" aria-hidden="true" />`;
  return html`<path class="country" d=${path} data-country=${country} data-shade=${place.shade} role="button" tabindex=${stop ? 0 : -1}
    aria-pressed=${picked} aria-label="${place.name}: ${place.text} ${label}" />`;
}
