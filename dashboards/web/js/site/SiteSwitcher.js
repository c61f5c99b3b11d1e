// Which site is on show, and the way to the others.

import { html } from "../html.js";
import { follow } from "../route.js";
import { addressOf } from "../state/choice.js";
import { siteID, sites } from "../state/sites.js";
import { Menu } from "../ui/Menu.js";

export function SiteSwitcher() {
  const all = sites.value ?? [];
  if (!siteID.value) return null;
  return html`<${Menu} class="switcher" label=${html`<span class="switcher-name">${siteID.value}</span>`} title="Site: ${siteID.value}">
    ${(/** @type {() => void} */ close) => html`<ul>
      ${all.map((s) => html`<li key=${s.id}><a class="menu-item" href=${addressOf({ filters: [], list: "", journey: "", funnel: "" }, s.id)} aria-current=${s.id === siteID.value}
        onClick=${(/** @type {MouseEvent} */ e) => (follow(e), close())}>${s.id}<span class="muted small">${s.tz}</span></a></li>`)}
    </ul>`}
  <//>`;
}
