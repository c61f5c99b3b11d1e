// Answers that stay true: asked for once a part of the page is seen, and again when something was counted.
//
// Of each part of the page one question is under way at a time, and two answers to the same question are at least a moment apart, which grows
// with what an answer costs. What comes meanwhile is asked for once, afterwards. Who has to wait waits for the next beat: those who ask often
// then ask together, and the page changes at once. Those who ask less often take turns.

import { batch, effect, signal } from "@preact/signals";
import { useEffect, useMemo } from "preact/hooks";
import { AnswerError } from "../api/ask.js";
import { askTogether } from "../api/questions.js";
import { askAtBeat, BEAT, forgetBeat } from "./beat.js";
import { takeEarly } from "./early.js";
import { anyShown } from "./first.js";
import { pulse } from "./live.js";
import { rest } from "./rest.js";
import { replayedTo } from "./scope.js";

/** @typedef {import("./scope.js").Question} Question */
/**
 * @template T
 * @typedef {{ data: T | null, fault: Error | null, busy: boolean }} State  busy: what is shown answers another question, or none
 */

const COST = 4; // a question is asked no more than a fourth of the time
const LONG = 100; // ms of the server: others do not wait for an answer that takes so long, and most of the time of all
const RETRY = 5_000;
const REPLAY = 200;

/** @type {Map<string, { data: unknown, tag: string }>} answers to come back to, the latest last */
const kept = new Map();
const KEPT = 40;

let made = 0;

/** @template T */
class Asker {
  /** @type {import("@preact/signals").Signal<State<T>>} */
  state = signal({ data: null, fault: null, busy: true });
  /** @type {Question | null} */
  question = null;
  /** @type {AbortController | null} */
  underWay = null;
  tag = ""; // of the answer that is shown
  askedAt = -Infinity;
  cost = 0;
  isLong = false;
  due = false;
  seen = true;
  timer = 0;
  turn = made++ % 2;

  /** Makes a question the one that is shown the answer to. @param {Question | null} question */
  turnTo(question) {
    const before = this.question;
    this.question = question;
    if (question?.key === before?.key) return;
    this.stop();
    const early = question ? takeEarly(question.key) : undefined;
    const known = question ? /** @type {{ data: T, tag: string } | undefined} */ (early?.answered ?? kept.get(question.key)) : undefined;
    const same = question?.site === before?.site; // figures of one site never stand under the name of another
    this.state.value = { data: known?.data ?? (same ? this.state.peek().data : null), fault: null, busy: known === undefined };
    this.tag = known?.tag ?? "";
    this.askedAt = early?.at ?? -Infinity;
    if (!early) this.want();
    else if (!early.answered) this.ask(early); // also where an older answer is shown meanwhile
    else {
      keep(/** @type {Question} */ (question).key, early.answered);
      queueMicrotask(() => (anyShown.value = true));
    }
  }

  /** Asks as soon as that is allowed. */
  want() {
    this.due = true;
    if (!this.question || !this.seen || document.hidden || this.underWay) return;
    const pause = replayedTo.peek() ? REPLAY : Math.max(this.question.every, this.cost * COST);
    const at = pause === this.question.every ? this.inTurn(this.askedAt + pause, pause) : this.askedAt + pause;
    clearTimeout(this.timer);
    if (at > performance.now()) askAtBeat(this, at);
    else this.ask();
  }

  // Those who do not ask at every beat have every other for themselves, so that half of them change the page at once: rather sooner than later.
  /** @param {number} at @param {number} pause */
  inTurn(at, pause) {
    return pause > BEAT && Math.ceil(at / BEAT) % 2 !== this.turn ? at - BEAT : at;
  }

  /** @param {import("./early.js").Early} [early]  where it was asked already */
  async ask(early) {
    const question = this.question;
    if (!question || this.underWay) return;
    const control = (this.underWay = new AbortController());
    asking.add(this);
    this.due = false;
    const start = performance.now();
    this.askedAt = BEAT * Math.floor(start / BEAT);
    try {
      const { data, tag, took } = await (early?.answer ?? askTogether({ path: question.path, body: question.body(), tag: this.tag, apart: this.isLong }, control.signal));
      if (control.signal.aborted) return;
      this.cost = performance.now() - start;
      this.isLong = took > Math.max(LONG, this.cost / 2);
      this.tag = tag;
      if (data !== null) keep(question.key, { data, tag });
      this.answered({ data: data ?? this.latest().data, fault: null, busy: false });
    } catch (fault) {
      if (control.signal.aborted) return;
      this.answered({ ...this.latest(), fault: /** @type {Error} */ (fault), busy: false });
      if (mayPass(fault)) this.timer = /** @type {any} */ (setTimeout(() => this.want(), RETRY));
    }
    this.underWay = null;
    if (this.due) this.want();
  }

  /** What is shown, or is about to be. */
  latest() {
    return waiting.get(this) ?? this.state.peek();
  }

  // An answer that says the same as the one before draws nothing anew.
  /** @param {State<T>} state */
  answered(state) {
    const before = this.latest();
    const same = !before.busy && !before.fault && !state.fault && before.data === state.data;
    if (!same) waiting.set(this, state);
    noLongerAsking(this);
  }

  stop() {
    this.underWay?.abort();
    this.underWay = null;
    clearTimeout(this.timer);
    forgetBeat(this);
    waiting.delete(this);
    noLongerAsking(this);
  }

  /** @param {boolean} seen */
  look(seen) {
    this.seen = seen;
    if (seen && this.due) this.want();
  }
}

// A question that is wrong stays wrong.
/** @param {unknown} fault */
function mayPass(fault) {
  return !(fault instanceof AnswerError) || fault.status === 0 || fault.status >= 500;
}

/** @type {Set<Asker<any>>} those whose question is under way */
const asking = new Set();
/** @type {Map<Asker<any>, State<any>>} what was answered and is not shown yet */
const waiting = new Map();
const TOGETHER = 120;
let showTimer = 0;

// Of all parts that ask at the same moment the answers are shown one after the other when the last one is there: the page is laid out and painted
// once, or a few times where that takes long, not ten times. A part whose answer takes its time is not waited for.
/** @param {Asker<any>} asker */
function noLongerAsking(asker) {
  asking.delete(asker);
  if (waiting.size === 0) return;
  if (asking.size === 0) showWaiting();
  else showTimer ||= /** @type {any} */ (setTimeout(showWaiting, TOGETHER));
}

const SLICE = 4; // ms of one task

let showing = false;

async function showWaiting() {
  clearTimeout(showTimer);
  showTimer = 0;
  if (!anyShown.peek()) return batch(showFirst);
  if (showing) return;
  showing = true;
  let begin = performance.now();
  for (const [asker, state] of waiting) {
    if (performance.now() - begin > SLICE) {
      await rest();
      begin = performance.now();
    }
    if (!waiting.delete(asker)) continue; // it has turned to another question
    asker.state.value = state;
    await null; // it is drawn
  }
  showing = false;
}

function showFirst() {
  for (const [asker, state] of waiting) asker.state.value = state;
  waiting.clear();
  anyShown.value = true;
}

/** @param {string} key @param {{ data: unknown, tag: string }} answer */
function keep(key, answer) {
  kept.delete(key);
  kept.set(key, answer);
  if (kept.size > KEPT) kept.delete(/** @type {string} */ (kept.keys().next().value));
}

/**
 * The answer to a question, kept up to date.
 * @template T
 * @param {Question | null} question
 * @param {{ current: Element | null }} [box]  the part of the page that shows it: while nobody sees that, nothing is asked
 * @param {boolean} [soon]  whether it is asked for the first time before it is known whether somebody sees it
 * @returns {State<T> & { again: () => void }}
 */
export function useAnswer(question, box, soon = false) {
  const asker = useMemo(() => {
    const made = /** @type {Asker<T>} */ (new Asker());
    if (box && !soon) made.seen = false;
    return made;
  }, []);
  useMemo(() => asker.turnTo(question), [question?.key]);
  asker.question = question;
  useEffect(() => {
    let isNews = false; // what was counted by now is in the first answer
    const stop = effect(() => {
      pulse.value;
      replayedTo.value;
      if (isNews && asker.question?.every) asker.want();
      isNews = true;
    });
    const onVisibility = () => !document.hidden && asker.due && asker.want();
    document.addEventListener("visibilitychange", onVisibility);
    const unwatch = box ? watch(box.current, (seen) => asker.look(seen)) : undefined;
    return () => {
      stop();
      unwatch?.();
      document.removeEventListener("visibilitychange", onVisibility);
      asker.stop();
    };
  }, []);
  const state = asker.state.value;
  return { ...state, busy: state.busy && question !== null, again: () => asker.want() };
}

/** @type {WeakMap<Element, Set<(seen: boolean) => void>>} */
const watched = new WeakMap();

const eyes = new IntersectionObserver((entries) => {
  for (const entry of entries) for (const tell of watched.get(entry.target) ?? []) tell(entry.isIntersecting);
}, { rootMargin: "160px" });

/** @param {Element | null} element @param {(seen: boolean) => void} tell */
function watch(element, tell) {
  if (!element) return undefined;
  const tells = watched.get(element) ?? new Set();
  watched.set(element, tells.add(tell));
  eyes.unobserve(element); // whoever is new is told at once
  eyes.observe(element);
  return () => tells.delete(tell);
}
