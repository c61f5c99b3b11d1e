// The builder of a funnel: its steps in order, each a page, an event or a goal, of which those that occur are offered; and a name to keep it by.

import { useState } from "preact/hooks";
import { QUERY } from "../api/stats.js";
import { html } from "../html.js";
import { useAnswer } from "../state/answers.js";
import { choose } from "../state/choice.js";
import { askingOnce } from "../state/scope.js";
import { site, siteID } from "../state/sites.js";
import { Dialog } from "../ui/Dialog.js";
import { Icon } from "../ui/Icon.js";
import { FEWEST, keepFunnels, keptFunnels, MOST, writeSteps } from "./funnels.js";

/** @typedef {import("./funnels.js").Step} Step */

/** @param {{ steps: Step[], name?: string, onClose: () => void }} props */
export default function FunnelEditor({ steps: before, name: nameBefore = "", onClose }) {
  const [steps, setSteps] = useState(/** @type {Step[]} */ (before.length >= FEWEST ? before : [{ kind: "page", value: "" }, { kind: "event", value: "" }]));
  const [name, setName] = useState(nameBefore);
  const pages = useTexts("event:page");
  const events = useTexts("event:name");
  const goals = (site.value?.goals ?? []).map((g) => g.name);
  const texts = { page: pages, event: events, goal: goals };

  /** @param {number} at @param {Partial<Step>} change */
  const change = (at, change) => setSteps(steps.map((s, i) => (i === at ? { ...s, ...change } : s)));
  const whole = steps.filter((s) => s.value.trim() !== "");
  const others = keptFunnels(siteID.value).filter((f) => f.name !== nameBefore);

  /** @param {Event} event */
  function submit(event) {
    event.preventDefault();
    const written = writeSteps(whole.map((s) => ({ ...s, value: s.value.trim() })));
    if (name.trim()) keepFunnels(siteID.value, [...others.filter((f) => f.name !== name.trim()), { name: name.trim(), steps: written }]);
    choose({ funnel: written });
    onClose();
  }

  function forget() {
    keepFunnels(siteID.value, others);
    choose({ funnel: "" });
    onClose();
  }

  const typed = (/** @type {Event} */ event) => /** @type {HTMLInputElement} */ (event.target).value;
  return html`<${Dialog} title="Funnel" onClose=${onClose} class="narrow">
    <form class="filter-form" onSubmit=${submit}>
      <ol class="funnel-steps">
        ${steps.map((s, i) => html`<li key=${i}>
          <span class="muted num">${i + 1}</span>
          <select class="field" aria-label="Kind of step ${i + 1}" value=${s.kind} onChange=${(/** @type {Event} */ e) => change(i, { kind: /** @type {Step["kind"]} */ (typed(e)), value: "" })}>
            <option value="page">Page</option><option value="event">Event</option>${goals.length > 0 && html`<option value="goal">Goal</option>`}
          </select>
          <input class="field" aria-label="Step ${i + 1}" list="funnel-${s.kind}" value=${s.value} placeholder=${s.kind === "page" ? "/pricing or /blog/*" : "a name"} required
            autocomplete="off" spellcheck=${false} onInput=${(/** @type {Event} */ e) => change(i, { value: typed(e) })} />
          <button type="button" class="button quiet" aria-label="Remove step ${i + 1}" disabled=${steps.length <= FEWEST} onClick=${() => setSteps(steps.filter((_, j) => j !== i))}><${Icon} name="trash" /></button>
        </li>`)}
      </ol>
      ${Object.entries(texts).map(([kind, all]) => html`<datalist key=${kind} id="funnel-${kind}">${all.map((t) => html`<option key=${t} value=${t}></option>`)}</datalist>`)}
      <button type="button" class="button small" disabled=${steps.length >= MOST} onClick=${() => setSteps([...steps, { kind: "page", value: "" }])}><${Icon} name="plus" />Step</button>
      <footer class="filter-foot">
        <input class="field funnel-keep" aria-label="Name, to keep it in this browser" placeholder="Name, to keep it" value=${name} maxlength="60" onInput=${(/** @type {Event} */ e) => setName(typed(e))} />
        ${nameBefore && html`<button type="button" class="button" onClick=${forget}>Forget</button>`}
        <button type="submit" class="button primary" disabled=${whole.length < FEWEST}>Show</button>
      </footer>
    </form>
  <//>`;
}

/** @param {string} dimension @returns {string[]} */
function useTexts(dimension) {
  const question = askingOnce(QUERY, { metrics: ["visitors"], dimensions: [dimension], pagination: { limit: 100 } });
  const { data } = /** @type {any} */ (useAnswer(question));
  return (data?.results ?? []).map((/** @type {import("../api/stats.js").Row} */ r) => r.dimensions[0]);
}
