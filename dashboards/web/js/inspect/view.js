// The view at /_/inspect: what just came in, for those who make a site send events.
//
// Contract of a view's module: see ../pipeline/view.js.

import { useEffect, useState } from "preact/hooks";
import { fetchSiteKey } from "../api/send.js";
import { count } from "../format.js";
import { html } from "../html.js";
import { address, go } from "../route.js";
import { followSites, sites } from "../state/sites.js";
import { Dialog } from "../ui/Dialog.js";
import { Drawer } from "../ui/Drawer.js";
import { Frame } from "../ui/Frame.js";
import { Icon } from "../ui/Icon.js";
import { useMedia } from "../ui/media.js";
import { SitePick } from "../ui/SitePick.js";
import { Tabs } from "../ui/Tabs.js";
import { clear, connection, entries, follow, paused, turn, waiting } from "./entries.js";
import { Entry } from "./Entry.js";
import { Refusals } from "./Refusals.js";
import { Sender } from "./Sender.js";
import { Stream } from "./Stream.js";

export const knows = followSites;
export const sheets = [import.meta.resolve("../../css/panel.css"), import.meta.resolve("../../css/inspect.css")];

const TABS = [{ key: "", label: "All" }, { key: "accepted", label: "Accepted" }, { key: "invalid", label: "Invalid" }, { key: "retry", label: "To be retried" }];
const WIDE = "(min-width: 980px)";

/** @param {{ route: import("../route.js").Route }} props */
export default function Inspector({ route: { site, params } }) {
  useEffect(() => {
    followSites();
    document.title = "Inspector · Streamgauge";
  }, []);
  const known = site === "" || (sites.value?.some((s) => s.id === site) ?? null); // null: not told yet
  useEffect(() => (known === null ? undefined : follow(site, known)), [site, known]);
  const [sending, setSending] = useState(false);
  const status = TABS.find((t) => t.key === params.get("status"))?.key ?? "";
  const shown = entries.value.filter((e) => !status || e.status === status);
  const target = site || sites.value?.[0]?.id || "demo";

  /** @param {string} name @param {string} value */
  const choose = (name, value) => {
    const next = new URLSearchParams(params);
    if (value) next.set(name, value);
    else next.delete(name);
    go(address("inspect", site, next), { replace: true });
  };

  return html`<${Frame}>
    <div class="view-head"><h1>Inspector</h1><${SitePick} view="inspect" site=${site} params=${params} /><${Connection} /></div>
    ${connection.value === "absent" ? html`<section class="card inspect-waiting"><h2>What comes in cannot be watched here</h2><p class="muted">Events do not come in at this server, or it keeps none of them. The door tells its sender what is wrong all the same.</p><${Sender} site=${target} /></section>`
    : entries.value.length === 0 && waiting.value.length === 0 ? html`<${Waiting} site=${target} named=${site} />` : html`
      <div class="inspect-tools">
        <${Tabs} tabs=${TABS} chosen=${status} onChoose=${(/** @type {string} */ key) => choose("status", key)} label="Status" panel="stream" />
        <span class="inspect-buttons">
          <button type="button" class="button small" onClick=${() => setSending(true)}>Send a test event</button>
          <button type="button" class="button small" onClick=${clear}>Clear</button>
          <button type="button" class="button small inspect-pause" aria-pressed=${paused.value} onClick=${turn}><${Icon} name=${paused.value ? "play" : "pause"} />${paused.value ? `Go on${waiting.value.length > 0 ? ` (${count(waiting.value.length)})` : ""}` : "Pause"}</button>
        </span>
      </div>
      <${Split} shown=${shown} site=${site} chosen=${params.get("entry") ?? ""} onChoose=${(/** @type {string} */ key) => choose("entry", key)} />`}
    ${known && html`<${Refusals} site=${site} />`}
    ${sending && html`<${Dialog} title="Send a test event to ${target}" onClose=${() => setSending(false)}><${Sender} site=${target} /><//>`}
  <//>`;
}

/** @param {{ shown: import("../api/inspect.js").Entry[], site: string, chosen: string, onChoose: (key: string) => void }} props */
function Split({ shown, site, chosen, onChoose }) {
  const wide = useMedia(WIDE);
  const entry = shown.find((e) => String(e.id) === chosen) ?? null;
  const key = useKey(entry?.site ?? "");
  return html`<div class="inspect">
    <div class="card inspect-list" id="stream" role="tabpanel" aria-label="What came in">
      ${shown.length > 0 ? html`<${Stream} entries=${shown} chosen=${entry} onChoose=${(/** @type {{ id: number }} */ e) => onChoose(String(e.id))} withSite=${!site} />` : html`<p class="nothing">None of this kind yet.</p>`}
    </div>
    ${wide ? html`<aside class="card inspect-entry" aria-label="The chosen event">${entry ? html`<${Entry} entry=${entry} siteKey=${key} />` : html`<p class="nothing">Choose an event to see all of it, and what was wrong with it.</p>`}</aside>`
    : entry && html`<${Drawer} title="Event" onClose=${() => onChoose("")}><${Entry} entry=${entry} siteKey=${key} /><//>`}
  </div>`;
}

/** @param {string} site */
function useKey(site) {
  const [key, setKey] = useState("");
  useEffect(() => {
    let left = false;
    setKey("");
    if (site) fetchSiteKey(site).then((found) => !left && setKey(found));
    return () => void (left = true);
  }, [site]);
  return key;
}

function Connection() {
  /** @type {Record<string, [string, string]>} */
  const said = { connecting: ["", "Connecting"], live: ["good", "Listening"], polling: ["good", "Listening, every 2 s"], lost: ["bad", "The connection is lost, and tried again"] };
  const [tone, text] = said[connection.value] ?? [];
  return text ? html`<span class="badge" data-tone=${tone} role="status">${text}</span>` : null;
}

/** @param {{ site: string, named: string }} props */
function Waiting({ site, named }) {
  return html`<section class="card inspect-waiting" aria-labelledby="waiting-title">
    <div class="radar" aria-hidden="true"><i></i><i></i><i></i></div>
    <h2 id="waiting-title">Waiting for the first event${named && html` of <bdi>${named}</bdi>`}</h2>
    <p class="muted">Whatever comes in at the door appears here at once, with the fields that were wrong and why.</p>
    <${Sender} site=${site} />
  </section>`;
}
