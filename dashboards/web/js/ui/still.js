// Elements that stay as they are while what they show does.

import { useRef } from "preact/hooks";

/** @typedef {ReturnType<typeof import("../html.js").html>} Drawn */
/** @typedef {string | number | boolean | null | undefined} Plain */

/**
 * Returns a function that makes an element anew only where something of what it shows is another than in the drawing before: what is the same
 * element, preact does not look into. Of many rows that are asked about twice a second a few change.
 * @returns {(key: string, shown: Plain[], make: () => Drawn) => Drawn}
 */
export function useStill() {
  const drawn = useRef(/** @type {Map<string, { shown: Plain[], element: Drawn }>} */ (new Map()));
  const before = drawn.current;
  const now = (drawn.current = new Map());
  return (key, shown, make) => {
    const old = before.get(key);
    const kept = old && shown.every((value, i) => Object.is(value, old.shown[i])) ? old : { shown, element: make() };
    now.set(key, kept);
    return kept.element;
  };
}
