// TV mode, at /{site}?tv=1: a site's present on a wall. Large, without anything to press; Escape leads back to the site view. The cards beside the present take turns.

import { useEffect, useState } from "preact/hooks";
import { count, moment, short } from "../format.js";
import { html } from "../html.js";
import { address, go } from "../route.js";
import { serverNow } from "../state/clock.js";
import { connection, followPresent, present } from "../state/live.js";
import { shownWindows } from "../state/model.js";
import { followSites, siteID, sites, zone } from "../state/sites.js";
import { Bars } from "./Bars.js";
import { Cards } from "./Cards.js";
import { Today } from "./Today.js";
import { stayAwake } from "./awake.js";

export const sheets = [import.meta.resolve("../../css/tv.css")];

export const knows = followSites;

export default function TV() {
  useEffect(() => {
    followSites();
    followPresent();
    document.title = "Streamgauge";
    return stayAwake();
  }, []);
  useEffect(() => {
    const leave = (/** @type {KeyboardEvent} */ event) => event.key === "Escape" && go(siteAddress());
    addEventListener("keydown", leave);
    return () => removeEventListener("keydown", leave);
  }, []);
  const site = siteID.value;
  const known = present.value;
  return html`<main class="tv" data-state=${connection.value}>
    <header class="tv-top"><h1><bdi>${site || "Streamgauge"}</bdi></h1><${State} /><${Clock} /></header>
    ${!site ? html`<p class="tv-none">${sites.value ? "There is no site yet: the first event makes one." : ""}</p>` : html`
    <section class="tv-now" aria-label="Now">
      <p class="tv-current num">${known?.current_visitors === undefined ? "–" : short(known.current_visitors)}</p>
      <p class="tv-label">current visitors</p>
    </section>
    <section class="tv-minutes" aria-labelledby="tv-minutes">
      <h2 id="tv-minutes">Pageviews, last 10 minutes ${known && html`<b class="num">${count(shownWindows(known).reduce((n, w) => n + w.pageviews, 0))}</b>`}</h2>
      ${known && html`<${Bars} values=${shownWindows(known).map((w) => w.pageviews)} />`}
    </section>
    <${Today} site=${site} />
    <${Cards} site=${site} />`}
  </main>`;
}

function siteAddress() {
  const params = new URLSearchParams(location.search);
  params.delete("tv");
  return address("site", siteID.peek(), params);
}

function State() {
  const lost = connection.value === "reconnecting" || connection.value === "connecting";
  return html`<span class="tv-state" role="status" data-lost=${lost}>${lost ? "connecting" : "live"}</span>`;
}

function Clock() {
  const [, tick] = useState(0);
  useEffect(() => {
    const timer = setInterval(() => tick((n) => n + 1), 1_000);
    return () => clearInterval(timer);
  }, []);
  return html`<time class="tv-clock num">${moment(serverNow(), zone.value, { weekday: "short", hour: "2-digit", minute: "2-digit" })}</time>`;
}
