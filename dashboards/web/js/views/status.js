// How far the page can be trusted at this moment: whether it is connected, and how far the numbers are behind the clicks.

import { setText } from "../dom.js";
import { span } from "../format.js";

const STATES = { connecting: "Connecting", waiting: "Ready", live: "Live", reconnecting: "Reconnecting" };

const NO_ANSWER = "No answer from the server. Trying again.";

const root = document.getElementById("status");
const toast = document.getElementById("toast");
let lastMessage = 0; // by the page's own steady clock: the reader's wall clock may be wrong

/** Shows "connecting", "waiting" (connected, but there is no site to watch), "live" or "reconnecting". */
export function showConnection(state) {
  if (document.body.dataset.state === state) return;
  document.body.dataset.state = state;
  setText(root, "state", STATES[state]);
  toast.hidden = state !== "reconnecting";
  toast.textContent = toast.hidden ? "" : NO_ANSWER;
  if (state !== "live") showAge();
}

/** Shows how far behind the numbers are, of which the last have just come. */
export function showFreshness({ lag_ms: lag }) {
  lastMessage = performance.now();
  setText(root, "fresh", lag == null ? "" : `${span(lag)} behind`);
}

function showAge() {
  const isOld = document.body.dataset.state === "reconnecting" && lastMessage > 0;
  setText(root, "fresh", isOld ? `last update ${span(performance.now() - lastMessage)} ago` : "");
}

setInterval(() => document.body.dataset.state === "reconnecting" && showAge(), 1_000);
