// A button that opens a list of choices. Escape, a click elsewhere and a choice close it; the arrows move inside it.

import { useEffect, useRef, useState } from "preact/hooks";
import { html } from "../html.js";
import { Icon } from "./Icon.js";

/**
 * @param {object} props
 * @param {unknown} props.label  what the button shows
 * @param {string} props.title  what it is for
 * @param {string} [props.class]
 * @param {"start" | "end"} [props.align]  the edge of the button that the list keeps to
 * @param {(close: () => void) => unknown} props.children  makes the list's content
 */
export function Menu({ label, title, class: name = "", align = "start", children }) {
  const [open, setOpen] = useState(false);
  const box = useRef(/** @type {HTMLDivElement | null} */ (null));
  function close() {
    if (box.current?.querySelector(".menu-list")?.contains(document.activeElement)) /** @type {HTMLElement | null} */ (box.current.querySelector(".menu-button"))?.focus();
    setOpen(false);
  }

  useEffect(() => {
    if (!open) return;
    const first = /** @type {HTMLElement | null | undefined} */ (box.current?.querySelector(".menu-list [aria-current], .menu-list button, .menu-list a, .menu-list input"));
    first?.focus();
    const outside = (/** @type {Event} */ event) => !box.current?.contains(/** @type {Node} */ (event.target)) && close();
    document.addEventListener("pointerdown", outside);
    return () => document.removeEventListener("pointerdown", outside);
  }, [open]);

  /** @param {KeyboardEvent} event */
  function onKey(event) {
    if (!open) return;
    if (event.key === "Escape") {
      event.stopPropagation();
      close();
    } else if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      event.preventDefault();
      moveFocus(box.current, event.key === "ArrowDown" ? 1 : -1);
    }
  }

  /** @param {FocusEvent} event */
  const onBlur = (event) => event.relatedTarget && !box.current?.contains(/** @type {Node} */ (event.relatedTarget)) && close();

  return html`<div class="menu ${name}" ref=${box} onKeyDown=${onKey} onFocusOut=${onBlur}>
    <button type="button" class="button menu-button" aria-expanded=${open} aria-label=${title} title=${title} onClick=${() => setOpen(!open)}>
      ${label}<${Icon} name="down" />
    </button>
    ${open && html`<div class="menu-list" data-align=${align}>${children(close)}</div>`}
  </div>`;
}

/** @param {Element | null} box @param {number} step */
function moveFocus(box, step) {
  const all = /** @type {HTMLElement[]} */ ([...(box?.querySelectorAll(".menu-list button, .menu-list a") ?? [])]);
  const at = all.indexOf(/** @type {HTMLElement} */ (document.activeElement));
  all[(at + step + all.length) % all.length]?.focus();
}
