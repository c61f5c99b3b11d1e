// The site view: a site's figures, live and past, from the same windows.

import { computed, effect } from "@preact/signals";
import { useEffect, useState } from "preact/hooks";
import { count } from "../format.js";
import { html } from "../html.js";
import { calmly } from "../state/calmly.js";
import { choice, choose } from "../state/choice.js";
import { connection, currentVisitors, followPresent, untouched } from "../state/live.js";
import { followSites, site, siteID, sites, sitesFault } from "../state/sites.js";
import { Failure } from "../ui/Failure.js";
import { Frame } from "../ui/Frame.js";
import { Icon } from "../ui/Icon.js";
import { lazy } from "../ui/Lazy.js";
import { Board } from "./Board.js";
import { Share } from "../tile/Share.js";
import { listenToKeys } from "./keyboard.js";
import { Now } from "./Now.js";
import { askFirst } from "./questions.js";
import { SiteSwitcher } from "./SiteSwitcher.js";
import { Start } from "./Start.js";

const Help = lazy(() => import("./Help.js"));
const ListDialog = lazy(() => import("./ListDialog.js"));

const TITLE = 2_000; // ms: a window's name is another process' business

export const knows = askFirst;

export default function SiteView() {
  const [help, setHelp] = useState(false);
  useEffect(() => {
    followSites();
    followPresent();
    return listenToKeys({ onHelp: () => setHelp(true) });
  }, []);
  useEffect(() => calmly(() => titleOf(siteID.value, currentVisitors.value), TITLE, (title) => title !== document.title && (document.title = title)), []);
  useEffect(() => effect(() => void (document.documentElement.dataset.state = state.value === "board" ? connection.value : state.value)), []);
  const top = html`<${SiteSwitcher} />${state.value === "board" && html`<${Now} />`}`;
  const tools = html`${siteID.value && html`<${Share} site=${siteID.value} />`}<button type="button" class="button quiet help-button" title="Keyboard (?)" aria-label="Keyboard" onClick=${() => setHelp(true)}><${Icon} name="keyboard" /></button>`;
  return html`<${Frame} top=${top} tools=${tools}>
    <h1 class="unseen">${siteID.value || "Streamgauge"}</h1>
    ${state.value === "failed" && html`<section class="card"><${Failure} first fault=${sitesFault.value} again=${() => location.reload()} /></section>`}
    ${state.value === "start" && html`<${Start} site=${siteID.value} known=${site.value !== null} />`}
    ${(state.value === "board" || state.value === "loading") && html`<${Board} />`}
    ${state.value === "board" && connection.value === "reconnecting" && html`<p class="toast" role="status">No answer from the server. Trying again.</p>`}
    ${state.value === "board" && choice.value.list && html`<${ListDialog} key=${choice.value.list} dimension=${choice.value.list} onClose=${() => choose({ list: "" })} />`}
    ${help && html`<${Help} onClose=${() => setHelp(false)} />`}
  <//>`;
}

/** @type {import("@preact/signals").ReadonlySignal<"loading" | "failed" | "start" | "board">} */
const state = computed(() => {
  if (sites.value === null) return sitesFault.value ? "failed" : "loading";
  return site.value === null || (untouched.value && !site.value.imports) ? "start" : "board"; // an import was sent by nobody
});

/** @param {string} id @param {number | undefined} visitors */
function titleOf(id, visitors) {
  if (id === "") return "Streamgauge";
  return `${visitors === undefined ? "" : `${count(visitors)} · `}${id} · Streamgauge`;
}
