// The conditions that the whole page is filtered by, each a chip.

import { signal } from "@preact/signals";
import { html } from "../html.js";
import { choice, choose } from "../state/choice.js";
import { Chip } from "../ui/Chip.js";
import { Icon } from "../ui/Icon.js";
import { lazy } from "../ui/Lazy.js";
import { nameOf } from "./cards.js";
import { OPERATOR_WORDS, shown } from "./texts.js";

const loadEditor = () => import("./FilterEditor.js");
const FilterEditor = lazy(loadEditor);

const QUIET = 3_000;
setTimeout(loadEditor, QUIET); // so that it is there when its key is pressed

/** Which condition is being edited: its place, one behind the last for a new one; null for none. @type {import("@preact/signals").Signal<number | null>} */
export const edited = signal(null);

/** Opens the editor for a new condition. */
export function addFilter() {
  edited.value = choice.peek().filters.length;
}

// What was pressed goes away with it: the focus stays beside its place.
/** @param {import("../choice.js").Condition[]} filters */
function keepOnly(filters) {
  choose({ filters });
  /** @type {HTMLElement | null} */ (document.querySelector(".filter-add"))?.focus();
}

export function Filters() {
  const { filters } = choice.value;
  return html`<div class="filters" role="group" aria-label="Filters">
    ${filters.map((f, i) => {
      const values = f.values.map((v) => shown(f.dimension, v));
      const words = `${nameOf(f.dimension)} ${OPERATOR_WORDS[f.op]} ${values.join(" or ")}`;
      return html`<${Chip} key=${words} label=${words} onEdit=${() => (edited.value = i)} onRemove=${() => keepOnly(filters.filter((_, at) => at !== i))}>
        ${nameOf(f.dimension)} ${OPERATOR_WORDS[f.op]} <b><bdi>${values.join(" or ")}</bdi></b>
      <//>`;
    })}
    <button type="button" class="button filter-add" onClick=${addFilter} title="Filter (/)"><${Icon} name="filter" />Filter</button>
    ${filters.length > 0 && html`<button type="button" class="button quiet" onClick=${() => keepOnly([])} title="Clear all filters (Esc)">Clear</button>`}
    ${edited.value !== null && html`<${FilterEditor} key=${edited.value} at=${edited.value} onClose=${() => (edited.value = null)} />`}
  </div>`;
}
