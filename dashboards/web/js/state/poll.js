// Something that is asked for again and again while somebody looks.

import { useEffect, useState } from "preact/hooks";

/**
 * What is known: the last answer stays while a later question fails.
 * @template T
 * @typedef {{ value: T | null, fault: Error | null, again: () => void }} Polled
 */

/**
 * Asks at once, when a key changes, and every so many milliseconds. A page that nobody sees asks nothing.
 * @template T
 * @param {(signal: AbortSignal) => Promise<T>} ask @param {number} every @param {unknown[]} keys  what the question depends on
 * @returns {Polled<T>}
 */
export function usePoll(ask, every, keys) {
  const [known, setKnown] = useState(/** @type {{ value: T | null, fault: Error | null }} */ ({ value: null, fault: null }));
  const [asked, setAsked] = useState(0);
  useEffect(() => {
    setKnown((before) => (before.value === null && !before.fault ? before : { value: null, fault: null }));
  }, keys);
  useEffect(() => {
    const control = new AbortController();
    let timer = 0;
    const turn = async () => {
      clearTimeout(timer);
      if (document.hidden) return;
      try {
        const value = await ask(control.signal);
        if (!control.signal.aborted) setKnown({ value, fault: null });
      } catch (fault) {
        if (control.signal.aborted) return;
        setKnown((before) => ({ value: before.value, fault: /** @type {Error} */ (fault) }));
      }
      if (!control.signal.aborted) timer = /** @type {number} */ (/** @type {unknown} */ (setTimeout(turn, every)));
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
