// How many visitors there are now, and how far the figures can be trusted at this moment.

import { signal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { count, span, tolerance } from "../format.js";
import { html } from "../html.js";
import { connection, currentExact, currentVisitors, heardAt, lag, ledger, nowWindow, present } from "../state/live.js";
import { shownWindows } from "../state/model.js";
import { balances, largestError } from "../state/trust.js";
import { Icon } from "../ui/Icon.js";
import { Spark } from "../ui/Spark.js";

const WORDS = { connecting: "Connecting", live: "Live", polling: "Live", reconnecting: "Reconnecting" };

const seconds = signal(0); // passing, for how long ago something was

export function Now() {
  useEffect(() => {
    const timer = setInterval(() => connection.value === "reconnecting" && seconds.value++, 1_000);
    return () => clearInterval(timer);
  }, []);
  const state = connection.value;
  const visitors = currentVisitors.value;
  const exact = currentExact.value;
  return html`<div class="now" data-state=${state}>
    <p class="now-visitors" title="Visitors of the last five minutes"><b class="num" data-text="current">${visitors == null ? "–" : count(visitors, exact)}</b> <span>current visitor${visitors === 1 ? "" : "s"}</span></p>
    <${Lately} />
    <p class="now-state" role="status"><span class="dot" aria-hidden="true"></span>${WORDS[state]}</p>
    <p class="now-lag num" data-text="fresh" title="Everything accepted before that is in these figures">${freshness()}</p>
    <${Trust} />
  </div>`;
}

// How exact, and whether nothing got lost: at a glance, and the books themselves by a click.
function Trust() {
  const books = ledger.value;
  const error = largestError.value;
  if (!books || error === null) return null;
  const good = balances(books);
  const [exactness, meaning] = error === 0 ? ["Exact", "No figure at the top is estimated."] : [`±${tolerance(error)}\u00a0%`, "Figures with a ± are estimated from a sample."];
  return html`<a class="now-trust" href="#ledger" data-good=${good} title="${meaning} ${count(books.received)} events received, ${good ? "each with exactly one outcome" : "and the outcomes do not add up to that"}." onClick=${toBooks}>
    <${Icon} name=${good ? "check" : "close"} />${exactness}, books ${good ? "balance" : "do not balance"}
  </a>`;
}

// The address must stay as it is: it says what is on show.
/** @param {Event} event */
function toBooks(event) {
  event.preventDefault();
  const card = /** @type {HTMLElement | null} */ (document.querySelector('#ledger, [data-card="ledger"]'));
  card?.scrollIntoView({ block: "center" });
  card?.setAttribute("tabindex", "-1");
  card?.focus({ preventScroll: true });
}

// The last ten minutes at a glance, without the window that is still filling.
function Lately() {
  const latest = nowWindow.value ? present.peek() : null;
  const values = latest ? shownWindows(latest).slice(0, -1).map((w) => w.events) : [];
  return html`<span class="now-lately" title="Events of the last ten minutes"><${Spark} values=${values} label="Events of the last ten minutes" width=${90} height=${22} /></span>`;
}

function freshness() {
  seconds.value;
  if (connection.value === "reconnecting" && heardAt.value > 0) return `last heard ${span(performance.now() - heardAt.value)} ago`;
  return lag.value == null ? "" : `${span(lag.value)} behind`;
}
