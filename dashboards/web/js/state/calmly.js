// What changes more often than anybody reads.

import { effect } from "@preact/signals";

/**
 * Paces something: soon shows it at once after a while of rest, else when that long has passed since the last time; stop forgets what was to come, and the last time.
 * @param {number} pause  milliseconds @param {() => void} show
 */
export function paced(pause, show) {
  let next = -Infinity; // by performance.now()
  let timer = 0;
  function showNow() {
    timer = 0;
    next = performance.now() + pause;
    show();
  }
  function soon() {
    if (timer) return;
    const wait = next - performance.now();
    if (wait <= 0) showNow();
    else timer = /** @type {any} */ (setTimeout(showNow, wait));
  }
  function stop() {
    clearTimeout(timer);
    timer = 0;
    next = -Infinity;
  }
  return { soon, stop };
}

/**
 * Shows a value as it changes, at that pace. Returns a function that ends it.
 * @template T
 * @param {() => T} read  from signals @param {number} pause  milliseconds @param {(value: T) => void} show
 */
export function calmly(read, pause, show) {
  /** @type {T} */
  let latest;
  const pace = paced(pause, () => show(latest));
  const stop = effect(() => {
    latest = read();
    pace.soon();
  });
  return () => {
    pace.stop();
    stop();
  };
}
