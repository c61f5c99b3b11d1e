// What changes more often than anybody reads.

import { effect } from "@preact/signals";

/**
 * Shows a value as it changes: at once after a while of rest, else when that long has passed since it was shown the last time. Returns a function that ends it.
 * @template T
 * @param {() => T} read  from signals @param {number} pause  milliseconds @param {(value: T) => void} show
 */
export function calmly(read, pause, show) {
  let next = -Infinity; // by performance.now()
  let timer = 0;
  /** @type {T} */
  let latest;
  const showLatest = () => {
    timer = 0;
    next = performance.now() + pause;
    show(latest);
  };
  const stop = effect(() => {
    latest = read();
    if (timer) return;
    const wait = next - performance.now();
    if (wait <= 0) showLatest();
    else timer = /** @type {any} */ (setTimeout(showLatest, wait));
  });
  return () => {
    clearTimeout(timer);
    stop();
  };
}
