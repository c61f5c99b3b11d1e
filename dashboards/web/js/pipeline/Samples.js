// The newest copies of an outcome.

import { fetchSamples } from "../api/ledger.js";
import { LOCAL, timeOfDay } from "../format.js";
import { html } from "../html.js";
import { usePoll } from "../state/poll.js";
import { Drawer } from "../ui/Drawer.js";
import { Facts } from "../ui/Facts.js";
import { Failure } from "../ui/Failure.js";
import { prettyText } from "../inspect/json.js";
import { OUTCOMES, reasonLabel } from "./outcomes.js";

const EVERY = 2_000;

/** @param {{ site: string, part: import("./bands.js").Part, reason: string, onClose: () => void }} props */
export function Samples({ site, part, reason, onClose }) {
  const outcome = /** @type {import("../api/ledger.js").Outcome} */ (part);
  const { value, fault, again } = usePoll((signal) => fetchSamplesOf(site, outcome, reason, signal), EVERY, [site, part, reason]);
  const title = html`${OUTCOMES[part].label}${reason && html` <span class="muted">${reasonLabel(reason)}</span>`}`;
  return html`<${Drawer} title=${title} onClose=${onClose}>
    <p class="muted drawer-means">${OUTCOMES[part].means}</p>
    ${value?.available === false ? html`<p class="nothing">Samples are not available here: this server keeps none.</p>`
    : value ? html`<${List} samples=${value.samples} />`
    : fault ? html`<${Failure} fault=${fault} again=${again} />`
    : html`<div class="skeleton" style=${{ height: "200px" }}></div>`}
  <//>`;
}

// What was refused is told apart by its field, which is no reason of the ledger's.
/** @param {string} site @param {import("../api/ledger.js").Outcome} outcome @param {string} reason @param {AbortSignal} signal */
async function fetchSamplesOf(site, outcome, reason, signal) {
  if (outcome !== "invalid") return fetchSamples(site, outcome, reason, signal);
  const answer = await fetchSamples(site, outcome, "", signal);
  return { ...answer, samples: answer.samples.filter((s) => (s.field ?? "") === reason) };
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
    <${Facts} facts=${[["Reason", s.reason && reasonLabel(s.reason)], ["Field", s.field], ["Own time", s.t ? new Date(s.t).toISOString() : ""], ["Id", s.id], ["Shard", s.shard], ["Sequence number", s.sequence_number]]} />
    ${s.event && html`<pre class="snippet">${prettyText(s.event)}</pre>`}
  </article>`;
}
