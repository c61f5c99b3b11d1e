// The newest copies of an outcome, and how many there are by field or reason.

import { useState } from "preact/hooks";
import { fetchSamples } from "../api/ledger.js";
import { LOCAL, timeOfDay } from "../format.js";
import { html } from "../html.js";
import { FieldErrors } from "../inspect/FieldErrors.js";
import { Painted } from "../inspect/Painted.js";
import { usePoll } from "../state/poll.js";
import { Drawer } from "../ui/Drawer.js";
import { Facts } from "../ui/Facts.js";
import { Failure } from "../ui/Failure.js";
import { bookedKinds, fieldsOf, nameOf } from "./fields.js";
import { Kinds } from "./Kinds.js";
import { OUTCOMES, reasonLabel } from "./outcomes.js";

const EVERY = 2_000;

/** @typedef {{ part: import("./bands.js").Part, reason: string, field: string | null }} Opened  reason is "" and field null for any; what was refused is told apart by its field, the rest by the reason */

/** @param {{ site: string, opened: Opened, ledger: import("../api/ledger.js").Ledger | null, onClose: () => void }} props */
export function Samples({ site, opened, ledger, onClose }) {
  const { part } = opened;
  const byField = part === "invalid";
  const [chosen, setChosen] = useState(byField ? opened.field : opened.reason || null);
  const outcome = /** @type {import("../api/ledger.js").Outcome} */ (part);
  const { value, fault, again } = usePoll((signal) => fetchSamples(site, outcome, byField ? { field: chosen } : { reason: chosen ?? "" }, signal), EVERY, [site, part, chosen]);
  const kinds = !ledger ? [] : byField ? fieldsOf(ledger.refused) : bookedKinds(ledger, part);
  const title = html`${OUTCOMES[part].label}${chosen !== null && html` <span class="muted">${byField ? nameOf(chosen) : reasonLabel(chosen)}</span>`}`;
  return html`<${Drawer} title=${title} onClose=${onClose}>
    <p class="muted drawer-means">${OUTCOMES[part].means}</p>
    ${kinds.length > 0 && html`<h3>${byField ? "By field" : "By reason"}</h3>
      <${Kinds} kinds=${kinds} chosen=${chosen} onChoose=${setChosen} label="${OUTCOMES[part].label}, by ${byField ? "field" : "reason"}" />
      <h3>The latest${chosen !== null && html` <button type="button" class="button small" onClick=${() => setChosen(null)}>Show all</button>`}</h3>`}
    ${value?.available === false ? html`<p class="nothing">Samples are not available here: this server keeps none.</p>`
    : value ? html`<${List} samples=${value.samples} />`
    : fault ? html`<${Failure} fault=${fault} again=${again} />`
    : html`<div class="skeleton" style=${{ height: "200px" }}></div>`}
  <//>`;
}

/** @param {{ samples: import("../api/ledger.js").Sample[] }} props */
function List({ samples }) {
  if (samples.length === 0) return html`<p class="nothing">None since this process began.</p>`;
  return html`<ol class="samples" aria-label="The newest first">${samples.map((s, i) => html`<li key=${`${s.at}.${s.id ?? i}`}><${One} sample=${s} /></li>`)}</ol>`;
}

/** @param {{ sample: import("../api/ledger.js").Sample }} props */
function One({ sample: s }) {
  return html`<article class="sample">
    <p class="sample-head"><time class="muted">${timeOfDay(s.at, LOCAL)}</time> <b>${s.name || "?"}</b> <bdi class="sample-page">${s.page ?? ""}</bdi></p>
    <${FieldErrors} errors=${s.errors ?? []} />
    <${Facts} facts=${[["Reason", s.errors ? "" : s.reason && reasonLabel(s.reason)], ["Own time", s.t ? new Date(s.t).toISOString() : ""], ["Id", s.id], ["Shard", s.shard], ["Sequence number", s.sequence_number]]} />
    ${s.event && html`<${Painted} text=${s.event} fields=${(s.errors ?? []).map((e) => e.field)} />`}
  </article>`;
}
