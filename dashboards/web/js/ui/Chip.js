// A thing that was chosen and can be taken away.

import { html } from "../html.js";
import { Icon } from "./Icon.js";

/** @param {{ children: unknown, onEdit?: () => void, onRemove: () => void, label: string }} props  label says it in words */
export function Chip({ children, onEdit, onRemove, label }) {
  return html`<span class="chip">
    <button type="button" class="chip-text" onClick=${onEdit} aria-label="Edit filter: ${label}">${children}</button>
    <button type="button" class="chip-close" onClick=${onRemove} aria-label="Remove filter: ${label}"><${Icon} name="close" /></button>
  </span>`;
}
