// The books: every copy of an event that was received has exactly one outcome, and the reader can add them up.

import { part, rows, setText } from "../dom.js";
import { count, percent } from "../format.js";

const OUTCOMES = [
  ["counted", "Counted", "in the numbers"],
  ["duplicate", "Duplicate", "same id, sent again"],
  ["bot", "Bot", "automation"],
  ["late", "Late", "more than 24 h old on arrival"],
  ["quarantined", "Quarantined", "unreadable, kept for inspection"],
];

const FIGURES = ["accepted", "in_transit", "received", "redelivered"];

const root = document.getElementById("ledger");
const balance = part(root, "balance");
const shares = part(root, "shares");

export function showLedger({ ledger }) {
  if (!ledger) return;
  const sum = OUTCOMES.reduce((total, [key]) => total + (ledger[key] ?? 0), 0);
  for (const key of FIGURES) setText(root, key, count(ledger[key] ?? 0));
  setText(root, "sum", count(sum));
  part(root, "redeliveries").hidden = !ledger.redelivered;
  showOutcomes(ledger, sum);
  showShares(ledger);
  showBalance(ledger, sum);
}

/** Shows the empty form: what will be told, and that nothing is known yet. */
export function clearLedger() {
  for (const key of [...FIGURES, "sum", "balance"]) setText(root, key, "–");
  part(root, "redeliveries").hidden = true;
  balance.dataset.balance = "unknown";
  showOutcomes(null, 0);
  showShares({});
}

function showOutcomes(ledger, sum) {
  rows(part(root, "rows"), "outcome-row", OUTCOMES.length).forEach((row, i) => {
    const [key, outcome, meaning] = OUTCOMES[i];
    const n = ledger?.[key] ?? 0;
    row.dataset.outcome = key;
    setText(row, "outcome", outcome);
    setText(row, "meaning", meaning);
    setText(row, "share", percent(n, sum));
    setText(row, "events", ledger ? count(n) : "–");
  });
}

function showShares(ledger) {
  rows(shares, "share", OUTCOMES.length).forEach((bar, i) => {
    const [key] = OUTCOMES[i];
    bar.dataset.outcome = key;
    bar.style.flexGrow = String(ledger[key] ?? 0);
    bar.hidden = !ledger[key];
  });
}

// The server's word and the reader's own addition must agree; where either says no, the page says no.
function showBalance(ledger, sum) {
  const off = (ledger.received ?? 0) - sum;
  const balanced = ledger.balanced === true && off === 0;
  balance.dataset.balance = balanced ? "yes" : "no";
  const by = off === 0 ? "" : `: off by ${count(Math.abs(off))}`;
  setText(balance, "balance", balanced ? "The books balance" : `The books do not balance${by}`);
}
