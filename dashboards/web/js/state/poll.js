// Something that is asked for again and again while somebody looks.

import { useEffect, useState } from "preact/hooks";
import { AnswerError } from "../api/ask.js";

/**
 * What is known: the last answer stays while a later question fails. Absent is true where this server does not have it at all.
 * @template T
 * @typedef {{ value: T | null, fault: Error | null, absent: boolean, again: () => void }} Polled
 */

const ABSENT_EVERY = 15_000;

/**
 * Asks at once, when a key changes, and every so many milliseconds. A page that nobody sees asks nothing.
 * @template T
 * @param {(signal: AbortSignal) => Promise<T>} ask @param {number} every @param {unknown[]} keys  what the question depends on
 * @returns {Polled<T>}
 */
export function usePoll(ask, every, keys) {
  const [known, setKnown] = useState(/** @type {{ value: T | null, fault: Error | null, absent: boolean }} */ ({ value: null, fault: null, absent: false }));
  const [asked, setAsked] = useState(0);
  useEffect(() => {
    setKnown((before) => (before.value === null && !before.absent && !before.fault ? before : { value: null, fault: null, absent: false }));
  }, keys);
  useEffect(() => {
    const control = new AbortController();
    let timer = 0;
    const turn = async () => {
      clearTimeout(timer);
      if (document.hidden) return;
      let wait = every;
      try {
        const value = await ask(control.signal);
        if (!control.signal.aborted) setKnown({ value, fault: null, absent: false });
      } catch (fault) {
        if (control.signal.aborted) return;
        const absent = isAbsent(fault);
        if (absent) wait = Math.max(every, ABSENT_EVERY);
        setKnown((before) => ({ value: before.value, fault: /** @type {Error} */ (fault), absent }));
      }
      if (!control.signal.aborted) timer = /** @type {number} */ (/** @type {unknown} */ (setTimeout(turn, wait)));
    };
    const onVisibility = () => (document.hidden ? clearTimeout(timer) : turn());
    document.addEventListener("visibilitychange", onVisibility);
    turn();
    return () => {
      control.abort();
      clearTimeout(timer);
      document.removeEventListener("visibilitychange", onVisibility);
    };
  }, [every, asked, ...keys]);
  return { ...known, again: () => setAsked((n) => n + 1) };
}

/** Whether an answer says that this server has no such thing. @param {unknown} fault */
export function isAbsent(fault) {
  return fault instanceof AnswerError && (fault.status === 501 || (fault.status === 404 && fault.code === "not_found"));
}
