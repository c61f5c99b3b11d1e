// What a site's figures can be shown as elsewhere: a tile in the page of another, a screen on the wall.

import { useState } from "preact/hooks";
import { html } from "../html.js";
import { address, follow, route } from "../route.js";
import { Icon } from "../ui/Icon.js";
import { lazy } from "../ui/Lazy.js";
import { Menu } from "../ui/Menu.js";

const TileDialog = lazy(() => import("./TileDialog.js"));

/** @param {{ site: string }} props */
export function Share({ site }) {
  const [embeds, setEmbeds] = useState(false);
  const wall = new URLSearchParams(route.value.params);
  wall.set("tv", "1");
  return html`<${Menu} label=${html`<${Icon} name="share" />`} title="Show elsewhere" align="end" class="share">
    ${(/** @type {() => void} */ close) => html`
      <a class="menu-item" href=${address("site", site, wall)} onClick=${(/** @type {MouseEvent} */ e) => (follow(e), close())}>TV mode</a>
      <button type="button" class="menu-item" onClick=${() => (setEmbeds(true), close())}>Embed a tile</button>`}
  <//>
  ${embeds && html`<${TileDialog} site=${site} onClose=${() => setEmbeds(false)} />`}`;
}
