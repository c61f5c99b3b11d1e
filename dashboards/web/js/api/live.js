// The live view of a site: streamed where that is possible, polled where it is not.
//
// The browser's EventSource reconnects by itself and tells the server the last message it saw; this module mends what EventSource gives up on or
// does not notice, and falls back to the snapshot that all readers share (ETag, 304) where there is no stream, as behind API Gateway.

import { serverURL } from "../route.js";
import { getJSON } from "./ask.js";

const SILENCE = 15_000; // the server speaks far more often; a longer silence is a dead connection
const FIRST_RETRY = 1_000;
const LONGEST_RETRY = 15_000;
const POLL = 2_000;

/** @typedef {"connecting" | "live" | "polling" | "reconnecting"} Connection */
/** @typedef {(kind: "snapshot" | "delta", message: any) => void} OnMessage */

/**
 * Follows a site. Calls onMessage with each message and onState when the connection changes. A hidden page keeps no stream: browsers allow
 * six connections to a host, and what comes first on return says all there is to know. Returns a function that ends it.
 * @param {string} site @param {OnMessage} onMessage @param {(state: Connection) => void} onState
 */
export function followLive(site, onMessage, onState) {
  /** @type {EventSource | null} */
  let source = null;
  /** @type {AbortController | null} */
  let polling = null;
  let timer = 0;
  let retry = FIRST_RETRY;
  let wasLive = false;
  let mustPoll = false;

  const lost = () => onState(wasLive ? "reconnecting" : "connecting");

  function connect() {
    disconnect();
    if (document.hidden) return;
    if (mustPoll) return void poll();
    source = new EventSource(serverURL("api/v1/live", { site }));
    source.addEventListener("snapshot", (event) => receive("snapshot", event));
    source.addEventListener("delta", (event) => receive("delta", event));
    source.addEventListener("error", fail);
    if (!wasLive) lost();
    watch();
  }

  function disconnect() {
    clearTimeout(timer);
    source?.close();
    source = null;
    polling?.abort();
    polling = null;
  }

  /** @param {"snapshot" | "delta"} kind @param {MessageEvent} event */
  function receive(kind, event) {
    wasLive = true;
    retry = FIRST_RETRY;
    watch();
    onState("live");
    onMessage(kind, JSON.parse(event.data));
  }

  // After an answer that is not a stream EventSource stays closed; after a broken connection it tries again by itself.
  async function fail() {
    lost();
    if (source?.readyState !== EventSource.CLOSED) return;
    clearTimeout(timer);
    if (!wasLive && (await isThereNoStream(site))) {
      mustPoll = true;
      return void poll();
    }
    timer = later(connect, retry * (0.5 + Math.random()));
    retry = Math.min(retry * 2, LONGEST_RETRY);
  }

  function watch() {
    clearTimeout(timer);
    timer = later(connect, SILENCE);
  }

  async function poll() {
    const control = (polling = new AbortController());
    let tag = "";
    while (!control.signal.aborted) {
      try {
        const answer = await fetchSnapshot(site, tag, control.signal);
        if (answer) {
          tag = answer.tag;
          onMessage("snapshot", answer.message);
        }
        wasLive = true;
        onState("polling");
      } catch {
        if (!control.signal.aborted) lost();
      }
      await new Promise((done) => later(() => done(undefined), POLL));
    }
  }

  const onVisibility = () => (document.hidden ? disconnect() : connect());
  document.addEventListener("visibilitychange", onVisibility);
  connect();
  return () => {
    document.removeEventListener("visibilitychange", onVisibility);
    disconnect();
  };
}

/** @param {() => void} what @param {number} ms */
function later(what, ms) {
  return /** @type {number} */ (/** @type {unknown} */ (setTimeout(what, ms)));
}

// EventSource does not tell why it was refused.
/** @param {string} site */
async function isThereNoStream(site) {
  const control = new AbortController();
  try {
    const answer = await fetch(serverURL("api/v1/live", { site }), { headers: { accept: "text/event-stream" }, signal: control.signal });
    const said = answer.ok ? null : await answer.json().catch(() => null);
    return (answer.status === 404 && said?.error?.code === "not_found") || answer.status === 501;
  } catch {
    return false;
  } finally {
    control.abort();
  }
}

/** @param {string} site @param {string} tag @param {AbortSignal} signal */
async function fetchSnapshot(site, tag, signal) {
  const headers = tag ? { "if-none-match": tag } : undefined;
  const answer = await fetch(serverURL("api/v1/live/snapshot", { site }), { headers, signal, cache: "no-store" });
  if (answer.status === 304) return null;
  if (!answer.ok) throw new Error(`live snapshot: HTTP ${answer.status}`);
  return { tag: answer.headers.get("etag") ?? "", message: await answer.json() };
}

/** @typedef {{ t: number, events: number, pageviews: number, visitors: number }} LiveWindow */
/** @typedef {{ t: number, name: string, page: string, source: string, country: string, device: string, browser: string }} LiveEvent */
/** @typedef {{ site: string, from: number, to: number, windows: LiveWindow[], minutes: { t: number, tops: any }[], events: LiveEvent[] }} Hour */

/** What the last hour was like, for replaying it. @param {string} site @param {AbortSignal} [signal] @returns {Promise<Hour>} */
export function fetchHour(site, signal) {
  return getJSON("api/v1/live/hour", { site }, signal);
}
