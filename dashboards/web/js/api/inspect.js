// What just came in at the door, good and bad.

import { serverURL } from "../route.js";
import { AnswerError, getJSON } from "./ask.js";

/** @typedef {{ field: string, code: string, message: string }} FieldError */
/**
 * @typedef {object} Entry
 * @property {number} id  grows, also from one process of the server to the next
 * @property {number} at
 * @property {string} site
 * @property {"accepted" | "invalid" | "retry"} status
 * @property {string} [name]
 * @property {string} [url]
 * @property {string} [ua]
 * @property {string} [country]
 * @property {string} event  as received, cut at 4 KiB
 * @property {FieldError[]} [errors]
 * @property {string} [protocol]
 */
/** @typedef {"connecting" | "live" | "polling" | "lost" | "absent"} InspectState */

const POLL = 2_000;

/**
 * Follows the door. Calls onEntry with each entry once, oldest first, and onState when the connection changes. Where there is no stream, the list
 * is polled. Returns a function that ends it.
 * @param {string} site "" for all @param {(entry: Entry) => void} onEntry @param {(state: InspectState) => void} onState
 */
export function followInspect(site, onEntry, onState) {
  const query = site ? { site } : undefined;
  const control = new AbortController();
  const source = new EventSource(serverURL("api/v1/inspect", query));
  let last = -1;
  /** @param {Entry} entry  of a list that is polled most were there before */
  const tell = (entry) => {
    if (entry.id <= last) return;
    last = entry.id;
    onEntry(entry);
  };
  /** @param {MessageEvent} event */
  const receive = (event) => {
    onState("live");
    tell(JSON.parse(event.data));
  };
  source.addEventListener("open", () => onState("live"));
  source.addEventListener("event", receive);
  source.addEventListener("error", () => {
    if (control.signal.aborted) return;
    onState("lost");
    if (source.readyState === EventSource.CLOSED) poll(); // not a stream: asked for the list instead
  });

  async function poll() {
    if (control.signal.aborted) return;
    try {
      for (const entry of await fetchEntries(site, control.signal)) tell(entry);
      onState("polling");
    } catch (fault) {
      if (control.signal.aborted) return;
      if (fault instanceof AnswerError && fault.status === 501) return onState("absent"); // this server keeps nothing of what comes in
      onState("lost");
    }
    setTimeout(poll, POLL);
  }

  return () => {
    control.abort();
    source.close();
  };
}

/** The list, oldest first. @param {string} site @param {AbortSignal} signal @returns {Promise<Entry[]>} */
async function fetchEntries(site, signal) {
  const list = /** @type {Entry[]} */ (await getJSON("api/v1/inspect", site ? { site } : {}, signal));
  return list.toSorted((a, b) => a.id - b.id);
}
