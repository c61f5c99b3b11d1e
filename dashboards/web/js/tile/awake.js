// Keeps the screen awake where the browser has it and allows it (Screen Wake Lock API). The lock goes when the page is hidden, so it is asked for
// again when it is back.

/** Returns a function that lets the screen sleep again. */
export function stayAwake() {
  if (!("wakeLock" in navigator)) return () => {};
  /** @type {WakeLockSentinel | null} */
  let lock = null;
  let ended = false;
  const ask = async () => {
    if (document.hidden || ended) return;
    try {
      lock = await navigator.wakeLock.request("screen");
      document.documentElement.dataset.awake = "true";
      if (ended) release();
    } catch {
      document.documentElement.dataset.awake = "false"; // on battery, or not allowed: the screen does what it does
    }
  };
  const release = () => {
    delete document.documentElement.dataset.awake;
    lock?.release().catch(() => {});
  };
  document.addEventListener("visibilitychange", ask);
  ask();
  return () => {
    ended = true;
    document.removeEventListener("visibilitychange", ask);
    release();
  };
}
