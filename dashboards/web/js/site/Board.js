// Everything that is known of a site, in the order in which people ask.

import { html } from "../html.js";
import { choice } from "../state/choice.js";
import { anyPainted, painted } from "../state/first.js";
import { lazy } from "../ui/Lazy.js";
import { DEVICES, PAGES, PLACES, SOURCES } from "./cards.js";
import { Chart } from "./Chart.js";
import { EventsCard } from "./EventsCard.js";
import { Filters } from "./Filters.js";
import { ListCard } from "./ListCard.js";
import { Metrics } from "./Metrics.js";
import { ComparisonMenu, PeriodMenu } from "./PeriodMenu.js";
import { CountryMap } from "./Places.js";
import { PropertiesCard } from "./PropertiesCard.js";

// What nobody sees at first comes after what everybody does, into a place of its own size.
/** @typedef {typeof import("./below.js")} Below */
const below = () => import("./below.js");

/** @param {(module: Below) => import("preact").FunctionComponent<any>} pick @param {unknown} waits */
const later = (pick, waits) => lazy(() => painted.then(below).then((module) => ({ default: pick(module) })), waits);

/** @param {string} name */
const place = (name) => html`<section class="card waits" data-card=${name} aria-busy="true"></section>`;

const Ticker = later((m) => m.Ticker, place("ticker"));
const Ledger = later((m) => m.Ledger, place("ledger"));
const Funnel = later((m) => m.Funnel, place("funnel"));
const Journeys = later((m) => m.Journeys, place("journeys"));
const Vitals = later((m) => m.Vitals, place("vitals"));
const Retention = later((m) => m.Retention, place("retention"));
const Scrubber = later((m) => m.Scrubber, html`<div class="scrubber waits"></div>`);

// The cards below the first ones. Their modules are there; that they are drawn is not waited for.
function Further() {
  if (!anyPainted.value) return ["places", "devices", "goals", "properties"].map(place);
  return html`
    <${ListCard} key="places" name="places" title="Places" listings=${PLACES} drawn=${{ map: CountryMap }} />
    <${ListCard} key="devices" name="devices" title="Devices" listings=${DEVICES} />
    <${EventsCard} key="events" />
    <${PropertiesCard} key="properties" />`;
}

export function Board() {
  const live = choice.value.period.name === "live";
  const present = [html`<${Ticker} key="ticker" />`, html`<${Ledger} key="ledger" />`];
  return html`
    <div class="toolbar">
      <${Filters} />
      <div class="toolbar-period"><${PeriodMenu} /><${ComparisonMenu} /></div>
    </div>
    <div class="board">
      <section class="card overview" key="overview" aria-label="Overview">
        <${Metrics} />
        <${Chart} />
        ${live && html`<${Scrubber} />`}
      </section>
      ${live && present}
      <${ListCard} key="pages" name="pages" title="Pages" listings=${PAGES} soon />
      <${ListCard} key="sources" name="sources" title="Sources" listings=${SOURCES} soon />
      <${Further} key="further" />
      <${Funnel} key="funnel" />
      <${Journeys} key="journeys" />
      <${Vitals} key="vitals" />
      <${Retention} key="retention" />
      ${!live && present}
    </div>`;
}
