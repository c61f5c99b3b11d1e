// What the pointer is on. It keeps inside the map and lets the pointer through.

import { useLayoutEffect, useRef } from "preact/hooks";
import { html } from "../html.js";

const AWAY = 14; // from the pointer, pixels

/** @param {{ x: number, y: number, name: string, text?: string, label: string }} props  text is nothing where there is none */
export function Tip({ x, y, name, text, label }) {
  const box = useRef(/** @type {HTMLDivElement | null} */ (null));
  useLayoutEffect(() => {
    const tip = /** @type {HTMLDivElement} */ (box.current);
    const width = tip.parentElement?.clientWidth ?? 0;
    const left = Math.max(0, Math.min(x - tip.offsetWidth / 2, width - tip.offsetWidth));
    const top = y - tip.offsetHeight - AWAY;
    tip.style.transform = `translate(${left}px, ${top < -tip.offsetHeight / 2 ? y + AWAY : top}px)`;
  });
  return html`<div class="map-tip" ref=${box} aria-hidden="true"><b>${name}</b> <span class="num">${text ? `${text} ${label}` : `no ${label}`}</span></div>`;
}
