// Everything that is known of a site, in the order in which people ask.

import { html } from "../html.js";
import { choice } from "../state/choice.js";
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
/** @param {string} name @param {() => Promise<any>} load */
const later = (name, load) => lazy(load, html`<section class="card waits" data-card=${name} aria-busy="true"></section>`);

const Ticker = later("ticker", () => import("./Ticker.js"));
const Ledger = later("ledger", () => import("./Ledger.js"));
const Funnel = later("funnel", () => import("./Funnel.js"));
const Journeys = later("journeys", () => import("./Journeys.js"));
const Vitals = later("vitals", () => import("./Vitals.js"));
const Retention = later("retention", () => import("./Retention.js"));
const Scrubber = lazy(() => import("./Scrubber.js"), html`<div class="scrubber waits"></div>`);

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
      <${ListCard} key="pages" name="pages" title="Pages" listings=${PAGES} />
      <${ListCard} key="sources" name="sources" title="Sources" listings=${SOURCES} />
      <${ListCard} key="places" name="places" title="Places" listings=${PLACES} drawn=${{ map: CountryMap }} />
      <${ListCard} key="devices" name="devices" title="Devices" listings=${DEVICES} />
      <${EventsCard} key="events" />
      <${PropertiesCard} key="properties" />
      <${Funnel} key="funnel" />
      <${Journeys} key="journeys" />
      <${Vitals} key="vitals" />
      <${Retention} key="retention" />
      ${!live && present}
    </div>`;
}
