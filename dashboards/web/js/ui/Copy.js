// A button that copies a text, and says so.

import { useState } from "preact/hooks";
import { html } from "../html.js";

const TOLD = 1_600;

/** @param {{ text: string, label: string, class?: string }} props */
export function Copy({ text, label, class: name = "button small" }) {
  const [told, setTold] = useState("");
  const copy = async () => {
    try {
      await navigator.clipboard.writeText(text);
      setTold("Copied");
    } catch {
      setTold("Not allowed here");
    }
    setTimeout(() => setTold(""), TOLD);
  };
  return html`<button type="button" class=${name} onClick=${copy}><span aria-live="polite">${told || label}</span></button>`;
}
