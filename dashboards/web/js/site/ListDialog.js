// A list opened: all its rows, to be searched, sorted by any figure, and taken away as CSV. Only the rows in sight are there, and only the pages of
// the answer that they are of are asked for, so that a list of ten thousand is as quick as one of ten.

import { useEffect, useMemo, useRef, useState } from "preact/hooks";
import { csvAddress, fetchQuery } from "../api/stats.js";
import { filterOf } from "../choice.js";
import { count } from "../format.js";
import { html } from "../html.js";
import { METRICS, numberOf } from "../metrics.js";
import { choice } from "../state/choice.js";
import { asking, comparisons } from "../state/scope.js";
import { pulse } from "../state/live.js";
import { Dialog } from "../ui/Dialog.js";
import { Failure } from "../ui/Failure.js";
import { Icon } from "../ui/Icon.js";
import { listingOf } from "./cards.js";
import { pick, pickedOf } from "./Listing.js";
import { RowOf, shareOf } from "./Rows.js";

/** @typedef {import("../api/stats.js").Query} Query */
/** @typedef {import("../api/stats.js").Answer} Answer */

const ROW = 36;
const PAGE = 200;
const AHEAD = 8;
const TYPING = 250;
const MOST = 100_000;

/** @param {{ dimension: string, onClose: () => void }} props */
export default function ListDialog({ dimension, onClose }) {
  const spec = listingOf(dimension);
  const [typed, setTyped] = useState("");
  const search = useSettled(typed.trim());
  const [order, setOrder] = useState(/** @type {[string, "asc" | "desc"]} */ ([spec?.metric ?? "visitors", "desc"]));
  if (!spec) return null;
  const metrics = [spec.metric, ...spec.more];
  const compared = choice.value.compare !== "";
  const fields = {
    metrics, dimensions: [dimension], order_by: [order],
    ...(search ? { filters: [filterOf({ op: "contains", dimension, values: [search] })] } : {}),
  };
  const question = asking("", fields);
  const csv = question && csvAddress(/** @type {Query} */ ({ .../** @type {object} */ (question.body()), pagination: { limit: MOST } }));

  /** @param {string} by */
  const sort = (by) => setOrder([by, order[0] === by && order[1] === "desc" ? "asc" : "desc"]);
  const tools = html`<label class="search"><${Icon} name="search" /><input class="field" type="search" placeholder="Search" aria-label="Search ${spec.of}" value=${typed} spellcheck=${false}
      onInput=${(/** @type {Event} */ e) => setTyped(/** @type {HTMLInputElement} */ (e.target).value)} /></label>
    <a class="button" href=${csv} download><${Icon} name="download" />CSV</a>`;
  const by = (/** @type {string} */ key) => (order[0] === key ? (order[1] === "desc" ? "descending" : "ascending") : "none");
  const head = (/** @type {string} */ key, /** @type {string} */ label) => html`${label}${order[0] === key && html`<${Icon} name=${order[1] === "desc" ? "fall" : "up"} />`}`;
  return html`<${Dialog} title=${spec.label} onClose=${onClose} class="wide" tools=${tools}>
    <div class="list">
      <div class="list-head">
        <button type="button" class="list-name" aria-label="Order by ${spec.of}, now ${by(dimension)}" onClick=${() => sort(dimension)}>${head(dimension, spec.of)}</button>
        ${metrics.map((m) => html`<button type="button" class="row-figure" data-metric=${m} key=${m} title=${METRICS[m].hint} aria-label="Order by ${METRICS[m].label}, now ${by(m)}" onClick=${() => sort(m)}>${head(m, METRICS[m].label)}</button>`)}
        ${compared && html`<span class="row-figure row-change">Change</span>`}
      </div>
      <${Window} key=${question?.key} question=${question} spec=${spec} metrics=${metrics} compared=${compared} searched=${search !== ""} />
    </div>
  <//>`;
}

/**
 * @param {object} props
 * @param {import("../state/scope.js").Question | null} props.question
 * @param {import("./cards.js").Listing} props.spec
 * @param {string[]} props.metrics
 * @param {boolean} props.compared
 * @param {boolean} props.searched
 */
function Window({ question, spec, metrics, compared, searched }) {
  const box = useRef(/** @type {HTMLDivElement | null} */ (null));
  const [top, setTop] = useState(0);
  const [height, setHeight] = useState(600);
  const list = useMemo(() => new Pages(question, compared), []);
  const [, setVersion] = useState(0);
  list.onChange = () => setVersion((v) => v + 1);
  const first = Math.max(0, Math.floor(top / ROW) - AHEAD);
  const last = Math.min(list.total ?? 0, Math.ceil((top + height) / ROW) + AHEAD);
  useEffect(() => list.want(first, Math.max(last, first + 1)), [first, last, list.total]);
  useEffect(() => { // it has no height before its dialog is open, and another one when the window has
    const sizes = new ResizeObserver(() => box.current && setHeight(box.current.clientHeight));
    if (box.current) sizes.observe(box.current);
    return () => sizes.disconnect();
  }, []);
  useEffect(() => () => list.close(), []);
  useEffect(() => (question?.every ? pulse.subscribe(() => list.refresh(first)) : undefined), [first]);

  if (list.fault && list.total === null) return html`<${Failure} fault=${list.fault} again=${() => list.want(0, 1)} />`;
  const shown = Array.from({ length: Math.max(0, last - first) }, (_, i) => first + i);
  const most = list.most();
  return html`<div class="list-window" ref=${box} tabindex="0" role="region" aria-label=${spec.label} aria-busy=${list.total === null}
      onScroll=${(/** @type {Event} */ e) => setTop(/** @type {HTMLElement} */ (e.target).scrollTop)}>
    ${list.total === 0 && html`<p class="nothing">Nothing matches in this period.</p>`}
    <ul class="list-rows" style=${{ blockSize: `${(list.total ?? 12) * ROW}px` }} aria-label="${count(list.total ?? 0)} rows">
      ${shown.map((i) => {
        const row = list.at(i);
        const style = { transform: `translateY(${i * ROW}px)` };
        return row ? html`<${RowOf} key=${i} style=${style} dimension=${spec.dimension} metrics=${metrics} row=${row} share=${shareOf(row, most)} exact=${list.exact} compared=${compared}
            picked=${pickedOf(spec.dimension).includes(row.dimensions[0])} onPick=${(/** @type {string} */ text) => pick(spec.dimension, text)} />`
          : html`<li class="row" key=${i} style=${style}><span class="skeleton skeleton-row"></span></li>`;
      })}
    </ul>
  </div>
  <p class="list-foot muted small num" aria-live=${searched ? "polite" : "off"}>${list.total === null ? "" : `${count(list.total)} ${list.total === 1 ? "row" : "rows"}`}</p>`;
}

const AGAIN = 5_000;

/** The pages of an answer that were asked for. */
class Pages {
  /** @type {Map<number, import("../api/stats.js").Row[] | null>} null while it is under way */
  pages = new Map();
  /** @type {number | null} */
  total = null;
  exact = true;
  /** @type {Error | null} */
  fault = null;
  control = new AbortController();
  onChange = () => {};
  refreshedAt = performance.now();
  refreshing = false;

  /** @param {import("../state/scope.js").Question | null} question @param {boolean} compared */
  constructor(question, compared) {
    this.question = question;
    this.compared = compared;
  }

  /** @param {number} i */
  at(i) {
    return this.pages.get(Math.floor(i / PAGE))?.[i % PAGE] ?? null;
  }

  /** The largest first figure that is known. */
  most() {
    return Math.max(0, ...[...this.pages.values()].map((rows) => Math.max(0, ...(rows ?? []).map((r) => numberOf(r.metrics[0]) ?? 0))));
  }

  /** Asks for the rows from first to last that are not there. @param {number} first @param {number} last */
  want(first, last) {
    for (let page = Math.floor(first / PAGE); page * PAGE < last; page++) {
      if (this.pages.has(page)) continue;
      this.pages.set(page, null);
      this.ask(page);
    }
  }

  /** Asks again for the page in sight, now and then. @param {number} first */
  async refresh(first) {
    if (this.refreshing || performance.now() - this.refreshedAt < AGAIN) return;
    this.refreshing = true;
    await this.ask(Math.floor(first / PAGE));
    this.refreshing = false;
    this.refreshedAt = performance.now();
  }

  /** @param {number} page */
  async ask(page) {
    if (!this.question) return;
    const body = /** @type {Query} */ (this.question.body());
    const include = { total_rows: true, ...(this.compared ? { comparisons: comparisons() } : {}) };
    try {
      const answer = await fetchQuery({ ...body, include, pagination: { limit: PAGE, offset: page * PAGE } }, this.control.signal);
      this.pages.set(page, answer.results);
      this.total = answer.meta.total_rows ?? answer.results.length;
      this.exact = this.exact && answer.meta.exact;
      this.fault = null;
    } catch (fault) {
      if (this.control.signal.aborted) return;
      if (!this.pages.get(page)) this.pages.delete(page);
      this.fault = /** @type {Error} */ (fault);
    }
    this.onChange();
  }

  close() {
    this.control.abort();
  }
}

/** The text once nothing was typed for a moment. @param {string} text */
function useSettled(text) {
  const [settled, setSettled] = useState(text);
  useEffect(() => {
    const timer = setTimeout(() => setSettled(text), TYPING);
    return () => clearTimeout(timer);
  }, [text]);
  return settled;
}
