// A card with tabs, each a listing.

import { html } from "../html.js";
import { choose, chooseTab } from "../state/choice.js";
import { Icon } from "../ui/Icon.js";
import { Tabs } from "../ui/Tabs.js";
import { Listing } from "./Listing.js";
import { chosenOf } from "./questions.js";

/** @typedef {import("./cards.js").Listing} Spec */

/**
 * @param {object} props
 * @param {string} props.name  of the card in the address
 * @param {string} props.title
 * @param {Spec[]} props.listings
 * @param {Record<string, import("preact").FunctionComponent<any>>} [props.drawn]  listings that are drawn in another way, by their keys
 * @param {boolean} [props.soon]  whether it is seen at first on most screens
 */
export function ListCard({ name, title, listings, drawn = {}, soon }) {
  const spec = chosenOf(name, listings);
  const tabs = tabsOf(listings);
  const group = listings.filter((l) => l.group && l.group === spec.group);
  return html`<section class="card list-card" id=${name} aria-labelledby="${name}-title">
    <header class="card-head">
      <h2 id="${name}-title">${title}</h2>
      <${Tabs} tabs=${tabs} chosen=${tabs.find((t) => t.key === spec.key)?.key ?? tabs.find((t) => t.label === spec.group)?.key} label=${title} panel="${name}-panel"
        onChoose=${(/** @type {string} */ key) => chooseTab(name, key)} />
      <button type="button" class="button quiet" title="All rows" aria-label="All of ${title}: ${spec.label}" onClick=${() => choose({ list: spec.dimension })}>
        <${Icon} name="expand" />
      </button>
    </header>
    <div id="${name}-panel" role="tabpanel" aria-label=${spec.label}>
      ${group.length > 1 && html`<div class="subtabs">
        ${group.map((l) => html`<button type="button" key=${l.key} aria-pressed=${l.key === spec.key} onClick=${() => chooseTab(name, l.key)}>${l.label}</button>`)}
      </div>`}
      <${Listing} key=${spec.key} spec=${spec} as=${drawn[spec.key]} soon=${soon} />
    </div>
  </section>`;
}

/** @param {Spec[]} listings */
function tabsOf(listings) {
  /** @type {{ key: string, label: string }[]} */
  const tabs = [];
  for (const l of listings) {
    const label = l.group ?? l.label;
    if (!tabs.some((t) => t.label === label)) tabs.push({ key: l.key, label });
  }
  return tabs;
}
