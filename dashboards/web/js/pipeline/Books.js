// The ledger: the flow, whether it balances, and what never got in.

import { useMemo, useState } from "preact/hooks";
import { fetchLedger } from "../api/ledger.js";
import { count } from "../format.js";
import { html } from "../html.js";
import { usePoll } from "../state/poll.js";
import { AsOf } from "../ui/AsOf.js";
import { Failure } from "../ui/Failure.js";
import { Icon } from "../ui/Icon.js";
import { Tabs } from "../ui/Tabs.js";
import { PARTS } from "./bands.js";
import { Flow } from "./Flow.js";
import { OUTCOMES } from "./outcomes.js";
import { Refused } from "./Refused.js";
import { Samples } from "./Samples.js";

const HOUR = 3_600_000;

/** @type {Record<string, { label: string, said: string, back: number, every: number }>} */
const SPANS = {
  hour: { label: "Last hour", said: "in the last hour", back: HOUR, every: 2_000 },
  day: { label: "24 hours", said: "in the last 24 hours", back: 24 * HOUR, every: 2_000 },
  all: { label: "All", said: "since the beginning", back: 0, every: 5_000 },
};

/** @param {{ site: string, span: string, onSpan: (span: string) => void }} props */
export function Books({ site, span, onSpan }) {
  const { said, back, every } = SPANS[span] ?? SPANS.day;
  const chosen = span in SPANS ? span : "day";
  const { value, fault, again } = usePoll((signal) => fetchLedger(site, back && Date.now() - back, signal), every, [site, chosen]);
  const at = useMemo(() => performance.now(), [value]); // it is read when it is asked for
  const [open, setOpen] = useState(/** @type {import("./Samples.js").Opened | null} */ (null));
  return html`<section class="card books" aria-labelledby="books-title">
    <header class="card-head">
      <h2 id="books-title">The ledger</h2>
      ${value && html`<${Balance} ledger=${value} />`}
      <${Tabs} tabs=${Object.entries(SPANS).map(([key, s]) => ({ key, label: s.label }))} chosen=${chosen} onChoose=${onSpan} label="Span of the ledger" panel="books" />
    </header>
    <div id="books" role="tabpanel" aria-label="The ledger of ${SPANS[chosen].label}">
      ${value ? html`
        <p class="books-received"><b class="num">${count(value.received)}</b> received <${AsOf} at=${at} /></p>
        <${Flow} ledger=${value} onOpen=${(/** @type {import("./bands.js").Row} */ { part, reason }) => setOpen({ part, reason, field: null })} />
        <${Equation} ledger=${value} />` : fault ? html`<${Failure} fault=${fault} again=${again} />` : html`<div class="skeleton" style=${{ height: "300px" }}></div>`}
      ${value && html`<${Refused} refused=${value.refused} span=${said} onOpen=${(/** @type {string | null} */ field) => setOpen({ part: "invalid", reason: "", field })} />`}
    </div>
    ${open && html`<${Samples} site=${site} opened=${open} ledger=${value} onClose=${() => setOpen(null)} />`}
  </section>`;
}

/** @param {{ ledger: import("../api/ledger.js").Ledger }} props */
function Balance({ ledger }) {
  return html`<span class="badge" data-tone=${ledger.balanced ? "good" : "bad"}><${Icon} name=${ledger.balanced ? "check" : "close"} />${ledger.balanced ? "The books balance" : "The books do not balance"}</span>`;
}

const TERMS = PARTS.filter((part) => part !== "in_transit"); // which is not received yet

/** @param {{ ledger: import("../api/ledger.js").Ledger }} props */
function Equation({ ledger }) {
  return html`<p class="equation muted small"><span class="num">${count(ledger.received)}</span> received = ${TERMS.map((term, i) => html`${i > 0 && " + "}<span key=${term}><span class="num">${count(ledger[term])}</span> ${OUTCOMES[term].label.toLowerCase()}</span>`)}</p>`;
}
