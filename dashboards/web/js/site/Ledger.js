// The books: every copy of an event that was received has exactly one outcome, and the reader can add them up.

import { count, percent } from "../format.js";
import { html } from "../html.js";
import { booksAt, ledger } from "../state/live.js";
import { balances, sumOf } from "../state/trust.js";
import { AsOf } from "../ui/AsOf.js";
import { Icon } from "../ui/Icon.js";

/** @typedef {import("../state/model.js").Ledger} Books */

/** @type {[keyof Books & ("counted" | "duplicate" | "bot" | "late" | "quarantined"), string, string][]} */
const OUTCOMES = [
  ["counted", "Counted", "in the numbers"],
  ["duplicate", "Duplicate", "same id, sent again"],
  ["bot", "Bot", "automation"],
  ["late", "Late", "more than 24 h old on arrival"],
  ["quarantined", "Quarantined", "unreadable, kept for inspection"],
];

/** @type {["accepted" | "in_transit" | "received", string][]} */
const FLOW = [["accepted", "Accepted"], ["in_transit", "In transit"], ["received", "Received"]];

export function Ledger() {
  const books = ledger.value;
  const sum = books ? sumOf(books) : 0;
  return html`<section class="card ledger" id="ledger" aria-labelledby="ledger-title">
    <header class="card-head"><h2 id="ledger-title">Ledger</h2><${Balance} books=${books} sum=${sum} /></header>
    <dl class="flow">${FLOW.map(([key, label]) => html`<div key=${key}><dt>${label}</dt><dd data-text=${key}>${books ? count(books[key] ?? 0) : "–"}</dd></div>`)}</dl>
    <div class="shares" aria-hidden="true">${OUTCOMES.map(([key]) => books?.[key] ? html`<span key=${key} data-outcome=${key} style=${{ flexGrow: String(books[key]) }}></span>` : null)}</div>
    <table>
      <caption class="unseen">What became of every event received, since the site began</caption>
      <thead class="unseen"><tr><th scope="col">Outcome</th><th scope="col">Share</th><th scope="col">Events</th></tr></thead>
      <tbody>${OUTCOMES.map(([key, outcome, meaning]) => html`<tr key=${key} data-outcome=${key}>
        <th scope="row"><span class="swatch"></span>${outcome}<small>${meaning}</small></th><td class="share">${percent(books?.[key] ?? 0, sum)}</td><td data-text=${key}>${books ? count(books[key] ?? 0) : "–"}</td>
      </tr>`)}</tbody>
      <tfoot><tr><th scope="row">Sum of outcomes<${Age} /></th><td></td><td data-text="sum">${books ? count(sum) : "–"}</td></tr></tfoot>
    </table>
    ${books && books.redelivered > 0 && html`<p class="muted small ledger-foot">${count(books.redelivered)} copies came again from the stream; they were recognised, and not counted twice</p>`}
  </section>`;
}

// Apart, for it is told anew with every message.
function Age() {
  return html`<${AsOf} at=${booksAt.value} />`;
}

// Where either the server's word or the reader's own addition says no, the page says no.
/** @param {{ books: Books | null, sum: number }} props */
function Balance({ books, sum }) {
  if (!books) return html`<p class="balance" data-balance="unknown">–</p>`;
  const off = books.received - sum;
  if (balances(books)) return html`<p class="balance" data-balance="yes"><${Icon} name="check" />The books balance</p>`;
  return html`<p class="balance" data-balance="no"><${Icon} name="close" />The books do not balance${off === 0 ? "" : `: off by ${count(Math.abs(off))}`}</p>`;
}
