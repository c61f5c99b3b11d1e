// The editor of one condition: what it looks at, how, and for which texts, of which those that occur are offered.

import { useEffect, useRef, useState } from "preact/hooks";
import { QUERY } from "../api/stats.js";
import { filterOf, OPERATORS } from "../choice.js";
import { html } from "../html.js";
import { useAnswer } from "../state/answers.js";
import { choice, choose } from "../state/choice.js";
import { askingOnce } from "../state/scope.js";
import { siteID } from "../state/sites.js";
import { Dialog } from "../ui/Dialog.js";
import { Icon } from "../ui/Icon.js";
import { FILTERS } from "./cards.js";
import { knownProperties } from "./properties.js";
import { OPERATOR_WORDS, shown } from "./texts.js";

/** @typedef {import("../choice.js").Condition} Condition */

const OFFERED = 8;

/** @param {{ at: number, onClose: () => void }} props  at is the place of the condition, behind the last for a new one */
export default function FilterEditor({ at, onClose }) {
  const all = choice.value.filters;
  const [condition, setCondition] = useState(/** @type {Condition} */ (all[at] ?? { op: "is", dimension: "event:page", values: [] }));
  const [typed, setTyped] = useState("");
  const field = useRef(/** @type {HTMLInputElement | null} */ (null));
  useEffect(() => field.current?.focus(), []);

  const { op, dimension, values } = condition;
  const exactly = op === "is" || op === "is_not";
  const properties = knownProperties(siteID.value).map((key) => [`event:props:${key}`, `Property ${key}`]);

  /** @param {string} value */
  function add(value) {
    if (value && !values.includes(value)) setCondition({ ...condition, values: [...values, value] });
    setTyped("");
    field.current?.focus();
  }

  /** @param {Event} event */
  function submit(event) {
    event.preventDefault();
    const chosen = typed.trim() ? [...new Set([...values, typed.trim()])] : values;
    const others = all.filter((_, i) => i !== at);
    const next = chosen.length > 0 ? [...others.slice(0, at), { ...condition, values: chosen }, ...others.slice(at)] : others;
    choose({ filters: next });
    onClose();
  }

  const picked = (/** @type {Event} */ event) => /** @type {HTMLSelectElement} */ (event.target).value;
  return html`<${Dialog} title=${at < all.length ? "Edit filter" : "Add a filter"} onClose=${onClose} class="narrow">
    <form class="filter-form" onSubmit=${submit}>
      <div class="filter-what">
        <label class="unseen" for="filter-dimension">What</label>
        <select id="filter-dimension" class="field" value=${dimension} onChange=${(/** @type {Event} */ e) => (setCondition({ op, dimension: picked(e), values: [] }), setTyped(""))}>
          ${[...FILTERS, ...properties].map(([d, label]) => html`<option key=${d} value=${d}>${label}</option>`)}
        </select>
        <label class="unseen" for="filter-op">How</label>
        <select id="filter-op" class="field" value=${op} onChange=${(/** @type {Event} */ e) => setCondition({ ...condition, op: /** @type {Condition["op"]} */ (picked(e)) })}>
          ${OPERATORS.map((o) => html`<option key=${o} value=${o}>${OPERATOR_WORDS[o]}</option>`)}
        </select>
      </div>
      <div class="filter-values field">
        ${values.map((v) => html`<span class="chip" key=${v}><span class="chip-text"><bdi>${shown(dimension, v)}</bdi></span>
          <button type="button" class="chip-close" aria-label="Remove ${shown(dimension, v)}" onClick=${() => setCondition({ ...condition, values: values.filter((x) => x !== v) })}><${Icon} name="close" /></button></span>`)}
        <input ref=${field} aria-label="Value" value=${typed} placeholder=${values.length > 0 ? "or …" : op.startsWith("matches") ? "a regular expression" : "a value"} autocomplete="off" spellcheck=${false}
          onInput=${(/** @type {Event} */ e) => setTyped(picked(e))} />
      </div>
      <${Offers} dimension=${dimension} typed=${typed} taken=${values} exactly=${exactly} onAdd=${add} />
      <footer class="filter-foot">
        ${at < all.length && html`<button type="button" class="button" onClick=${() => (choose({ filters: all.filter((_, i) => i !== at) }), onClose())}>Remove</button>`}
        <button type="submit" class="button primary" disabled=${values.length === 0 && !typed.trim()}>Apply</button>
      </footer>
    </form>
  <//>`;
}

/** @param {{ dimension: string, typed: string, taken: string[], exactly: boolean, onAdd: (value: string) => void }} props */
function Offers({ dimension, typed, taken, exactly, onAdd }) {
  const search = typed.trim();
  const question = askingOnce(QUERY, {
    metrics: ["visitors"], dimensions: [dimension], pagination: { limit: OFFERED },
    ...(search ? { filters: [filterOf({ op: "contains", dimension, values: [search] })] } : {}),
  });
  /** @type {import("../state/answers.js").State<import("../api/stats.js").Answer>} */
  const { data, fault } = useAnswer(question);
  const rows = (data?.results ?? []).filter((r) => !taken.includes(r.dimensions[0]));
  return html`<ul class="offers" aria-label="Values that occur">
    ${rows.map((r) => html`<li key=${r.dimensions[0]}>
      <button type="button" class="menu-item" onClick=${() => onAdd(r.dimensions[0])}><bdi>${shown(dimension, r.dimensions[0])}</bdi><span class="muted num">${String(r.metrics[0])}</span></button>
    </li>`)}
    ${rows.length === 0 && html`<li class="muted small offers-none">${fault ? fault.message : data ? (exactly ? "Nothing like it in this period." : "") : ""}</li>`}
  </ul>`;
}
