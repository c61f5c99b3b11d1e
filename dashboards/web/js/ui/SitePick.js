// Chooses the site that a view of the pipeline is about, or all.

import { html } from "../html.js";
import { address, follow } from "../route.js";
import { sites } from "../state/sites.js";
import { Menu } from "./Menu.js";

/** @param {{ view: import("../route.js").View, site: string, params: URLSearchParams }} props */
export function SitePick({ view, site, params }) {
  const known = (sites.value ?? []).map((s) => s.id);
  const ids = site && !known.includes(site) ? [site, ...known] : known;
  /** @param {() => void} close @param {string} id @param {string} label */
  const item = (close, id, label) => html`<a key=${id} class="menu-item" href=${address(view, id, params)} aria-current=${id === site}
    onClick=${(/** @type {MouseEvent} */ event) => (follow(event), close())}><bdi>${label}</bdi></a>`;
  return html`<${Menu} label=${html`<bdi>${site || "All sites"}</bdi>`} title="${site || "All sites"}: choose a site" class="site-pick">
    ${(/** @type {() => void} */ close) => html`${item(close, "", "All sites")}${ids.map((id) => item(close, id, id))}`}
  <//>`;
}
