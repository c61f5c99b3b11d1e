// Makes a tile: what it shows, how large, and the code for the page that is to hold it.

import { useEffect, useMemo, useState } from "preact/hooks";
import { endTileKey, fetchTileKey } from "../api/tile.js";
import { LOCAL, moment } from "../format.js";
import { html } from "../html.js";
import { address } from "../route.js";
import { Copy } from "../ui/Copy.js";
import { Dialog } from "../ui/Dialog.js";
import { wearSheets } from "../ui/sheets.js";
import { LISTS, MEASURES, PERIODS } from "./measures.js";

/** @type {Record<string, { label: string, width: number, height: number }>} */
const SIZES = {
  small: { label: "Small, 240 × 130", width: 240, height: 130 },
  medium: { label: "Medium, 340 × 200", width: 340, height: 200 },
  tall: { label: "Tall, 300 × 360", width: 300, height: 360 },
};

/** In how many days a tile may end. @type {Record<string, string>} */
const ENDS = { "": "Never", 7: "In 7 days", 30: "In 30 days", 90: "In 90 days", date: "On a date" };
const DAY = 86_400_000;

const THEMES = { "": "As the reader has it", light: "Light", dark: "Dark" };

/** @param {{ site: string, onClose: () => void }} props */
export default function TileDialog({ site, onClose }) {
  const [asked, setAsked] = useState({ metric: "visitors", by: "", period: "28d", theme: "", size: "medium", ends: "", date: "" });
  const [found, setFound] = useState({ of: "", key: "", expires: "" });
  const [fault, setFault] = useState("");
  const [ended, setEnded] = useState(0); // keys, since the dialog was opened
  const { metric, period } = asked;
  const by = metric === "current_visitors" ? "" : asked.by;
  const { ends, date } = asked;
  const end = useMemo(() => endOf(ends, date), [ends, date]);
  const question = [site, metric, period, by, end].join("~");
  const { key, expires } = found;
  const ready = found.of === question; // the key of another tile would open nothing
  useEffect(() => void wearSheets([import.meta.resolve("../../css/panel.css"), import.meta.resolve("../../css/tile-dialog.css")]), []);
  useEffect(() => {
    const control = new AbortController();
    setFault("");
    fetchTileKey({ site, metric, period, by }, end, control.signal).then(({ key, expires = "" }) => setFound({ of: question, key, expires }), (why) => !control.signal.aborted && setFault(why.message));
    return () => control.abort();
  }, [question, ended]);
  const endKey = () => confirm("End this key? Every page that holds it shows nothing from then on; the code here gets a new one.")
    && endTileKey(site, key).then(() => { setFound({ of: "", key: "", expires: "" }); setEnded(ended + 1); }, (why) => setFault(why.message));

  const { width, height } = SIZES[asked.size];
  const params = new URLSearchParams(Object.entries({ metric, period, by, theme: asked.theme, key }).filter(([, value]) => value));
  const path = address("tile", site, params);
  const title = by ? `${LISTS[by]} of ${site}` : `${MEASURES[metric].label} of ${site}`;
  const code = `<iframe src="${attribute(new URL(path, location.href).href)}" width="${width}" height="${height}" title="${attribute(title)}" loading="lazy" style="border:0"></iframe>`;
  /** @param {string} name @param {string} label @param {[string, string][]} choices @param {string} value @param {boolean} [off] */
  const pick = (name, label, choices, value, off = false) => html`<label class="tile-pick"><span>${label}</span>
    <select class="field" name=${name} value=${value} disabled=${off} onChange=${(/** @type {Event} */ e) => setAsked({ ...asked, [name]: /** @type {HTMLSelectElement} */ (e.target).value })}>
      ${choices.map(([key, text]) => html`<option key=${key} value=${key}>${text}</option>`)}
    </select></label>`;

  return html`<${Dialog} title="Embed a tile" onClose=${onClose}>
    <div class="tile-make">
      <div class="tile-picks">
        ${pick("metric", "Metric", Object.entries(MEASURES).map(([k, m]) => [k, m.label]), metric)}
        ${pick("by", "Show", [["", "A number and its chart"], .../** @type {[string, string][]} */ (Object.entries(LISTS))], by, metric === "current_visitors")}
        ${pick("period", "Period", Object.entries(PERIODS), period, metric === "current_visitors")}
        ${pick("theme", "Colours", Object.entries(THEMES), asked.theme)}
        ${pick("size", "Size", Object.entries(SIZES).map(([k, s]) => [k, s.label]), asked.size)}
        ${key && pick("ends", "Ends", ["", "7", "30", "90", "date"].map((k) => [k, ENDS[k]]), ends)}
        ${key && ends === "date" && html`<label class="tile-pick"><span>Last day</span><input class="field" type="date" name="date" value=${date || dateIn(7)} min=${dateIn(0)} onChange=${(/** @type {Event} */ e) => setAsked({ ...asked, date: /** @type {HTMLInputElement} */ (e.target).value })} /></label>`}
      </div>
      <div class="tile-preview">${ready && html`<iframe src=${path} width=${width} height=${height} title="Preview: ${title}"></iframe>`}</div>
    </div>
    ${fault ? html`<p class="dialog-fault" role="alert">${fault}</p>` : html`
      <div class="tile-code"><pre class="snippet" tabindex="0" aria-label="Code for your page" aria-busy=${!ready}>${ready ? code : "…"}</pre><${Copy} text=${ready ? code : ""} label="Copy" class="button primary" /></div>
      ${ready && key && html`<p class="muted small">Whoever reads the page that holds it can see this one figure, and nothing else. ${expires ? `It ends on ${moment(Date.parse(expires), LOCAL, WHEN)}, or earlier` : "It ends"} when the signing key has been rotated twice. <button type="button" class="button quiet small" onClick=${endKey}>End this key now</button></p>`}
      ${ready && ended > 0 && html`<p class="small" role="status">The key is ended. This code has a new one.</p>`}`}
  <//>`;
}

/** @type {Intl.DateTimeFormatOptions} */
const WHEN = { dateStyle: "medium", timeStyle: "short" };

/** When a tile shall end: a time, the last day, or "" for never. @param {string} ends @param {string} date */
function endOf(ends, date) {
  if (ends === "date") return date || dateIn(7);
  return ends && new Date(Date.now() + Number(ends) * DAY).toISOString();
}

/** The date in so many days, as the field has it. @param {number} days */
function dateIn(days) {
  return new Date(Date.now() + days * DAY).toISOString().slice(0, 10);
}

/** @param {string} text */
function attribute(text) {
  return text.replaceAll("&", "&amp;").replaceAll('"', "&quot;").replaceAll("<", "&lt;");
}
