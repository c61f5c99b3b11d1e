// Joins the parts: the site in the address, its live stream, the state of what is known, and the views that show it.

import { onAddressChange, showSiteInAddress, siteInAddress } from "./address.js";
import { clock } from "./format.js";
import { openLive } from "./live.js";
import { fromDelta, fromSnapshot, isUntouched } from "./model.js";
import { watchSites } from "./sites.js";
import { clearChart, showChart } from "./views/chart.js";
import { clearLedger, showLedger } from "./views/ledger.js";
import { clearMinutes, onMinutesOpen, showMinutes } from "./views/minutes.js";
import { clearPages, showPages } from "./views/pages.js";
import { onPick, showPicker } from "./views/picker.js";
import { hideStart, showStart } from "./views/start.js";
import { showConnection, showFreshness } from "./views/status.js";
import { clearTotals, showTotals } from "./views/totals.js";

let sites = []; // as the server lists them
let site = siteInAddress(); // the one on show; "" until there is one
let state = null; // what its stream has told; null until the first snapshot
let siteClock = clock("UTC");
let closeLive = null;

/** Shows another site. */
function choose(next, { step }) {
  closeLive?.();
  closeLive = state = null;
  site = next;
  if (site !== "") showSiteInAddress(site, { step });
  clearAll();
  showPicker(sites.map((s) => s.id), site);
  follow();
}

// Numbers of one site must never stand under the name of another.
function clearAll() {
  clearTotals();
  clearChart("Connecting…");
  clearMinutes();
  clearPages();
  clearLedger();
}

/** Opens the stream of the chosen site once the server knows it; until then tells how to make it known. */
function follow() {
  const known = sites.find((s) => s.id === site);
  if (!known) {
    showConnection("waiting");
    show();
    return;
  }
  if (closeLive) return;
  siteClock = clock(known.tz);
  document.body.dataset.view = "connecting";
  closeLive = openLive(site, receive, showConnection);
}

function receive(kind, message) {
  state = kind === "snapshot" || state === null ? fromSnapshot(message) : fromDelta(state, message);
  showFreshness(state);
  show();
}

function show() {
  const nothing = state === null ? closeLive === null : isUntouched(state);
  document.body.dataset.view = nothing ? "start" : "board";
  if (nothing) showStart(site, sites.some((s) => s.id === site));
  else hideStart();
  document.title = title();
  if (state === null || nothing) return;
  showTotals(state);
  showChart(state, siteClock);
  showMinutes(state, siteClock);
  showPages(state);
  showLedger(state);
}

function title() {
  if (site === "") return "Streamgauge";
  return `${state ? `${state.current_visitors ?? 0} · ` : ""}${site} · Streamgauge`;
}

function onSites(list) {
  sites = list;
  if (site === "" && sites.length > 0) choose(sites[0].id, { step: false });
  else showPicker(sites.map((s) => s.id), site);
  follow();
}

// While a stream is open it knows better than a failed question whether the server is there.
function onSitesError() {
  if (!closeLive) showConnection("reconnecting");
}

clearAll();
onPick((id) => choose(id, { step: true }));
onAddressChange((id) => choose(id || (sites[0]?.id ?? ""), { step: false }));
onMinutesOpen(() => state && showMinutes(state, siteClock));
watchSites(onSites, onSitesError);
