// The frame of a view: the name of the product, the ways to the other views, and what the view itself puts at the top.

import { html } from "../html.js";
import { address, follow, route } from "../route.js";
import { siteID } from "../state/sites.js";
import { Reader } from "./Reader.js";

/** @type {{ view: import("../route.js").View, label: string }[]} */
const VIEWS = [
  { view: "site", label: "Site" },
  { view: "pipeline", label: "Pipeline" },
  { view: "inspect", label: "Inspect" },
];

/** @param {{ children: unknown, top?: unknown, tools?: unknown }} props  top stands beside the name, tools at the end */
export function Frame({ children, top, tools }) {
  return html`
    <a class="skip" href="#main" onClick=${skip}>Skip to the numbers</a>
    <header class="top">
      <a class="brand" href=${address("site", siteID.value)} onClick=${follow} aria-label="Streamgauge, the site view"><${Mark} /><span class="brand-name">Streamgauge</span></a>
      ${top}
      <nav class="views" aria-label="Views">
        ${VIEWS.map(({ view, label }) => html`<a key=${view} href=${address(view, siteID.value)} onClick=${follow}
          aria-current=${route.value.view === view ? "page" : undefined}>${label}</a>`)}
      </nav>
      <div class="top-tools">${tools}<${Reader} /></div>
    </header>
    <main id="main" tabindex="-1">${children}</main>`;
}

// The address must stay as it is: it says what is on show.
/** @param {Event} event */
function skip(event) {
  event.preventDefault();
  document.getElementById("main")?.focus();
}

function Mark() {
  return html`<svg class="mark" viewBox="0 0 32 32" aria-hidden="true">
    <rect width="32" height="32" rx="8" />
    <rect class="mark-bar" x="6.5" y="17" width="4" height="8" rx="1.5" opacity=".6" />
    <rect class="mark-bar" x="14" y="12" width="4" height="13" rx="1.5" opacity=".8" />
    <rect class="mark-bar" x="21.5" y="7" width="4" height="18" rx="1.5" />
  </svg>`;
}
