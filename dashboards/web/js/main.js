// Starts the page: shows the view that the address names, and loads a view's modules when it is first gone to.

import { render } from "preact";
import { useLayoutEffect } from "preact/hooks";
import { effect, signal } from "@preact/signals";
import { html } from "./html.js";
import { route, viewOf } from "./route.js";
import { Failure } from "./ui/Failure.js";
import { wearSheets } from "./ui/sheets.js";
import { wearTheme } from "./ui/theme.js";

/**
 * A view's module. Its default export is a component that gets the route; sheets are the addresses of stylesheets that it needs beside those of
 * index.html, each as import.meta.resolve tells it; knows asks for what the view cannot do without.
 * @typedef {{ default: import("preact").FunctionComponent<{ route: import("./route.js").Route }>, sheets?: string[], knows?: () => Promise<unknown> }} ViewModule
 */

/** @type {Record<import("./route.js").Shown, () => Promise<ViewModule>>} */
const VIEWS = {
  site: () => import("./site/view.js"),
  pipeline: () => import("./pipeline/view.js"),
  inspect: () => import("./inspect/view.js"),
  tile: () => import("./tile/view.js"),
  tv: () => import("./tile/tv.js"),
};

/** @type {import("@preact/signals").Signal<{ view: string, module?: ViewModule, fault?: unknown }>} */
const shown = signal({ view: "" });

function App() {
  const { module, fault } = shown.value;
  // Where the choice is kept another process is asked, and waited for: after the view has sent its questions, and before anybody sees it.
  useLayoutEffect(wearTheme, [module !== undefined]);
  if (fault) return html`<main id="main"><${Failure} first fault=${fault} again=${() => location.reload()} /></main>`;
  return module ? html`<${module.default} route=${route.value} />` : null;
}

effect(() => {
  const view = viewOf(route.value);
  document.documentElement.dataset.view = view;
  if (shown.peek().view !== view) load(view);
});

// A view that knows at once what it is about is drawn once, and asks for its figures with that; after this many milliseconds it is drawn without.
const PATIENCE = 150;

/** @param {number} ms */
function pause(ms) {
  return new Promise((done) => setTimeout(done, ms));
}

/** @param {import("./route.js").Shown} view */
async function load(view) {
  try {
    const module = await VIEWS[view]();
    await Promise.all([wearSheets(module.sheets ?? []), Promise.race([module.knows?.(), pause(PATIENCE)])]);
    if (viewOf(route.peek()) === view) shown.value = { view, module };
  } catch (fault) {
    shown.value = { view, fault };
  }
}

// Where it is was told from the first address. A browser looks for it again from each address that follows.
const icon = /** @type {HTMLLinkElement} */ (document.querySelector("link[rel=icon]"));
icon.setAttribute("href", icon.href);

render(html`<${App} />`, /** @type {HTMLElement} */ (document.getElementById("app")));
