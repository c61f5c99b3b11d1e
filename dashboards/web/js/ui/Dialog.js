// A window above the page. The browser keeps the focus inside, and closes it by Escape; who had the focus before gets it back.

import { useEffect, useRef } from "preact/hooks";
import { html } from "../html.js";
import { Icon } from "./Icon.js";

/** @param {{ title: unknown, onClose: () => void, class?: string, tools?: unknown, children: unknown }} props */
export function Dialog({ title, onClose, class: name = "", tools, children }) {
  const box = useRef(/** @type {HTMLDialogElement | null} */ (null));
  useEffect(() => {
    const dialog = box.current;
    const before = /** @type {HTMLElement | null} */ (document.activeElement);
    if (!dialog?.open) dialog?.showModal();
    if (matchMedia("(pointer: coarse)").matches) dialog?.querySelector("h2")?.focus(); // a field that has the focus brings up the keyboard, over half of what was opened
    return () => {
      dialog?.close();
      if (before?.isConnected) before.focus({ preventScroll: true }); // the browser itself forgets it with the dialog's element
    };
  }, []);
  /** @param {Event} event */
  const outside = (event) => event.target === box.current && onClose();
  /** @param {Event} event */
  const cancel = (event) => {
    event.preventDefault();
    onClose();
  };
  return html`<dialog class="dialog ${name}" ref=${box} onClick=${outside} onCancel=${cancel} aria-labelledby="dialog-title">
    <div class="dialog-body">
      <header class="dialog-head">
        <h2 id="dialog-title" tabindex="-1">${title}</h2>
        ${tools}
        <button type="button" class="button quiet" aria-label="Close" onClick=${onClose}><${Icon} name="close" /></button>
      </header>
      ${children}
    </div>
  </dialog>`;
}
