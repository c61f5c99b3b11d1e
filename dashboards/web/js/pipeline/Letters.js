// The dead letters: what waits, what each holds, and the way back.

import { useState } from "preact/hooks";
import { fetchLetters, REDRIVE_LIMIT } from "../api/letters.js";
import { count, LOCAL, moment } from "../format.js";
import { html } from "../html.js";
import { usePoll } from "../state/poll.js";
import { Failure } from "../ui/Failure.js";
import { shortShard } from "./health.js";
import { Letter } from "./Letter.js";
import { reasonLabel } from "./outcomes.js";
import { Redrive } from "./Redrive.js";
import { bytes } from "./units.js";

const EVERY = 3_000;
const PAGE = 20;
/** @type {Intl.DateTimeFormatOptions} */
const WHEN = { month: "short", day: "numeric", hour: "2-digit", minute: "2-digit", second: "2-digit" };

/** @typedef {import("../api/letters.js").Letter} LetterHead */

/** @param {{ site: string }} props */
export function Letters({ site }) {
  const [cursors, setCursors] = useState(/** @type {string[]} */ ([]));
  const { value, fault, again } = usePoll((signal) => fetchLetters(site, cursors.at(-1) ?? "", PAGE, signal), EVERY, [site, cursors]);
  const [shown, setShown] = useState("");
  const [chosen, setChosen] = useState(/** @type {ReadonlySet<string>} */ (new Set()));
  const [driven, setDriven] = useState(/** @type {string[] | null} */ (null));
  const items = value?.items ?? [];
  const waiting = items.filter((l) => !l.outcome);
  const keys = waiting.map((l) => l.key).filter((k) => chosen.has(k));
  const all = waiting.length > 0 && keys.length === waiting.length;

  /** @param {string} key */
  const toggle = (key) => {
    const next = new Set(chosen);
    if (!next.delete(key)) next.add(key);
    setChosen(next);
  };
  const done = () => {
    setDriven(null);
    setChosen(new Set());
    again();
  };

  return html`<section class="card letters-card" aria-labelledby="letters-title">
    <header class="card-head"><h2 id="letters-title">Dead letters</h2>
      ${waiting.length > 0 && html`<button type="button" class="button small" onClick=${() => setChosen(new Set(all ? [] : waiting.map((l) => l.key)))}>${all ? "Choose none" : "Choose all"}</button>
        <button type="button" class="button small primary" disabled=${keys.length === 0} onClick=${() => setDriven(keys.slice(0, REDRIVE_LIMIT))}>Redrive ${keys.length > 0 ? count(keys.length) : ""}</button>`}
    </header>
    ${value ? html`<${List} items=${items} chosen=${chosen} onToggle=${toggle} onShow=${setShown} />` : fault ? html`<${Failure} fault=${fault} again=${again} />` : html`<div class="skeleton" style=${{ height: "120px" }}></div>`}
    ${(cursors.length > 0 || value?.next) && html`<nav class="letters-pages" aria-label="Pages of dead letters">
      <button type="button" class="button small" disabled=${cursors.length === 0} onClick=${() => setCursors(cursors.slice(0, -1))}>Back</button>
      <button type="button" class="button small" disabled=${!value?.next} onClick=${() => value && setCursors([...cursors, value.next])}>More</button>
    </nav>`}
    ${shown && html`<${Letter} letterKey=${shown} onClose=${() => setShown("")} onRedrive=${() => (setShown(""), setDriven([shown]))} />`}
    ${driven && html`<${Redrive} keys=${driven} onClose=${done} />`}
  </section>`;
}

/** @param {{ items: LetterHead[], chosen: ReadonlySet<string>, onToggle: (key: string) => void, onShow: (key: string) => void }} props */
function List({ items, chosen, onToggle, onShow }) {
  if (items.length === 0) return html`<p class="nothing">Everything could be read. A record that cannot be read waits here, and never stops a shard.</p>`;
  return html`<ul class="letters">${items.map((l) => html`<li key=${l.key} class="letter">
    <input type="checkbox" checked=${chosen.has(l.key)} disabled=${Boolean(l.outcome)} onChange=${() => onToggle(l.key)} aria-label="Choose the record of ${l.site || "no site"}, ${l.message}" />
    <button type="button" class="letter-open" onClick=${() => onShow(l.key)}>
      <span class="letter-top"><b>${l.site || "no site"}</b><span class="badge" data-tone=${l.outcome ? "good" : "bad"}>${l.outcome ? `now ${reasonLabel(l.outcome)}` : reasonLabel(l.reason)}</span>
        <time class="muted small">${moment(Date.parse(l.arrival), LOCAL, WHEN)}</time></span>
      <span class="letter-message">${l.message}</span>
      <span class="muted small">${shortShard(l.shard)}, ${bytes(l.bytes)}</span>
    </button></li>`)}</ul>`;
}
