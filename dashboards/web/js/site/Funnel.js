// A funnel: how many visitors took each step after the one before. Without one of the reader's own, the way from the first page on is shown.

import { useRef, useState } from "preact/hooks";
import { FUNNEL, QUERY } from "../api/stats.js";
import { percentage, short } from "../format.js";
import { html } from "../html.js";
import { useAnswer } from "../state/answers.js";
import { choice, choose } from "../state/choice.js";
import { askingRows, askingOnce } from "../state/scope.js";
import { siteID } from "../state/sites.js";
import { Failure } from "../ui/Failure.js";
import { Icon } from "../ui/Icon.js";
import { lazy } from "../ui/Lazy.js";
import { Num } from "../ui/Num.js";
import { Skeleton } from "../ui/Skeleton.js";
import { conditionOf, FEWEST, keptFunnels, readSteps, writeSteps } from "./funnels.js";

/** @typedef {import("./funnels.js").Step} Step */
/** @typedef {import("../api/stats.js").FunnelAnswer} FunnelAnswer */

const FunnelEditor = lazy(() => import("./FunnelEditor.js"));

export function Funnel() {
  const box = useRef(null);
  const [editing, setEditing] = useState(false);
  const kept = keptFunnels(siteID.value);
  const chosen = readSteps(choice.value.funnel || kept[0]?.steps || "");
  const offered = useOffer(chosen.length >= FEWEST, box);
  const steps = chosen.length >= FEWEST ? chosen : offered;
  const name = kept.find((f) => f.steps === writeSteps(steps))?.name;
  const question = steps.length >= FEWEST ? askingRows(FUNNEL, { steps: steps.map(conditionOf) }) : null;
  const { data, fault, busy, again } = /** @type {import("../state/answers.js").State<FunnelAnswer> & { again: () => void }} */ (useAnswer(question, box));
  const fits = data?.steps.length === steps.length;
  return html`<section class="card" id="funnel" aria-labelledby="funnel-title" ref=${box} aria-busy=${busy}>
    <header class="card-head">
      <h2 id="funnel-title">Funnel</h2>
      ${kept.length > 0 && html`<label class="unseen" for="funnel-kept">Kept funnels</label><select id="funnel-kept" class="field small" value=${name ?? ""} onChange=${(/** @type {Event} */ e) => choose({ funnel: /** @type {HTMLSelectElement} */ (e.target).value })}>
        ${!name && html`<option value="">Not kept</option>`}
        ${kept.map((f) => html`<option key=${f.name} value=${f.steps}>${f.name}</option>`)}
      </select>`}
      <button type="button" class="button small" onClick=${() => setEditing(true)}><${Icon} name="pen" />${chosen.length >= FEWEST ? "Edit" : "Build"}</button>
    </header>
    <div class="fades funnel-box">
      ${data && fits ? html`<${Steps} steps=${steps} answer=${data} />` : fault ? html`<${Failure} fault=${fault} again=${again} />`
        : question || offered === WAITS ? html`<${Skeleton} rows=${6} />` : html`<p class="nothing">A funnel shows how many visitors go from one step to the next.<br />Build one of pages and events.</p>`}
    </div>
    ${editing && html`<${FunnelEditor} steps=${steps} name=${name} onClose=${() => setEditing(false)} />`}
  </section>`;
}

/** @type {Step[]} */
const WAITS = [];

// The most viewed page, then another event than viewing, is a funnel that says something of nearly every site.
/** @param {boolean} unneeded @param {{ current: Element | null }} box @returns {Step[]} */
function useOffer(unneeded, box) {
  const names = /** @type {any} */ (useAnswer(unneeded ? null : askingOnce(QUERY, { metrics: ["visitors"], dimensions: ["event:name"], pagination: { limit: 4 } }), box));
  if (unneeded) return [];
  if (!names.data) return WAITS;
  const events = names.data.results.map((/** @type {import("../api/stats.js").Row} */ r) => r.dimensions[0]);
  return events.length < FEWEST ? [] : events.map((/** @type {string} */ value) => ({ kind: "event", value }));
}

/** @param {{ steps: Step[], answer: FunnelAnswer }} props */
function Steps({ steps, answer }) {
  const exact = answer.meta.exact;
  return html`<ol class="funnel">
    ${answer.steps.map((s, i) => {
      const rate = s.rate.value ?? 0;
      const lost = i === 0 ? null : 100 - (s.step_rate.value ?? 0);
      return html`<li key=${i}>
        <span class="funnel-bar" aria-hidden="true" style=${{ backgroundSize: `100% ${rate}%` }}></span>
        <span class="funnel-name" title=${steps[i].value}><bdi>${steps[i].kind === "event" && steps[i].value === "pageview" ? "Any page" : steps[i].value}</bdi></span>
        <span class="funnel-visitors">${Num({ text: short(s.visitors.value ?? 0), error: exact ? null : s.visitors.error, value: s.visitors.value ?? undefined })}</span>
        <span class="muted small num">${s.rate.value == null ? "–" : percentage(rate)}</span>
        <span class="funnel-lost small num">${lost === null || s.step_rate.value == null ? "" : `−${percentage(Math.round(lost * 10) / 10)}`}</span>
      </li>`;
    })}
  </ol>`;
}
