// Tabs, as a keyboard expects them: one stop, the arrows move (WAI-ARIA, tabs pattern).

import { useLayoutEffect, useRef } from "preact/hooks";
import { html } from "../html.js";

/** @typedef {{ key: string, label: string }} Tab */

/**
 * @param {object} props
 * @param {Tab[]} props.tabs
 * @param {string} props.chosen  a key
 * @param {(key: string) => void} props.onChoose
 * @param {string} props.label  what the tabs are of, for those who cannot see it
 * @param {string} props.panel  the id of the element that they change
 */
export function Tabs({ tabs, chosen, onChoose, label, panel }) {
  const box = useRef(/** @type {HTMLDivElement | null} */ (null));
  useLayoutEffect(() => {
    const all = box.current;
    const tab = /** @type {HTMLElement | undefined} */ (all?.children[tabs.findIndex((t) => t.key === chosen)]);
    if (all && tab && tab !== all.firstChild) all.scrollLeft = tab.offsetLeft - (all.clientWidth - tab.offsetWidth) / 2; // where there is no room for all
  }, [chosen]);

  /** @param {KeyboardEvent} event */
  function move(event) {
    const rtl = getComputedStyle(/** @type {Element} */ (event.currentTarget)).direction === "rtl" ? -1 : 1;
    const step = { ArrowRight: rtl, ArrowLeft: -rtl }[event.key];
    if (!step) return;
    event.preventDefault();
    event.stopPropagation(); // elsewhere the arrows move the period
    const at = (tabs.findIndex((t) => t.key === chosen) + step + tabs.length) % tabs.length;
    onChoose(tabs[at].key);
    /** @type {HTMLElement} */ (/** @type {Element} */ (event.currentTarget).children[at]).focus();
  }
  return html`<div class="tabs" ref=${box} role="tablist" aria-label=${label} onKeyDown=${move}>
    ${tabs.map((t) => html`<button type="button" role="tab" key=${t.key} aria-selected=${t.key === chosen} aria-controls=${panel}
      tabindex=${t.key === chosen ? 0 : -1} onClick=${() => onChoose(t.key)}>${t.label}</button>`)}
  </div>`;
}
