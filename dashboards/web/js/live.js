// The stream of a site's messages, kept open: the browser's EventSource reconnects by itself and tells the server the last
// message it saw; this module mends what EventSource gives up on or does not notice.

import { serverURL } from "./address.js";

const SILENCE = 15_000; // the server speaks far more often; a longer silence is a dead connection
const FIRST_RETRY = 1_000;
const LONGEST_RETRY = 15_000;

/**
 * Opens the live stream of a site. Calls onMessage(kind, data) with kind "snapshot" or "delta", and onState with
 * "connecting", "live" or "reconnecting". A hidden page keeps no stream: browsers allow six connections to a host, and
 * the snapshot on return says all there is to know. Returns a function that closes the stream.
 */
export function openLive(site, onMessage, onState) {
  let source = null;
  let timer = 0;
  let retry = FIRST_RETRY;
  let wasLive = false;

  const lost = () => onState(wasLive ? "reconnecting" : "connecting");

  function connect() {
    disconnect();
    if (document.hidden) return;
    source = new EventSource(serverURL("api/v1/live", { site }));
    source.addEventListener("snapshot", (event) => receive("snapshot", event));
    source.addEventListener("delta", (event) => receive("delta", event));
    source.addEventListener("error", fail);
    lost();
    watch();
  }

  function disconnect() {
    clearTimeout(timer);
    source?.close();
    source = null;
  }

  function receive(kind, event) {
    wasLive = true;
    retry = FIRST_RETRY;
    watch();
    onState("live");
    onMessage(kind, JSON.parse(event.data));
  }

  // After an answer that is not a stream EventSource stays closed; after a broken connection it tries again by itself.
  function fail() {
    lost();
    if (source?.readyState !== EventSource.CLOSED) return;
    clearTimeout(timer);
    timer = setTimeout(connect, retry * (0.5 + Math.random()));
    retry = Math.min(retry * 2, LONGEST_RETRY);
  }

  function watch() {
    clearTimeout(timer);
    timer = setTimeout(connect, SILENCE);
  }

  const onVisibility = () => (document.hidden ? disconnect() : connect());
  document.addEventListener("visibilitychange", onVisibility);
  connect();
  return () => {
    document.removeEventListener("visibilitychange", onVisibility);
    disconnect();
  };
}
