// The address says what is on show: a link shows what its sender saw, Back goes back, and a reload changes nothing.
//
// Which view and which site stand in the path, everything else in the query. Nothing that is on show is kept anywhere else.

import { signal } from "@preact/signals-core";

/** @typedef {"site" | "pipeline" | "inspect" | "tile"} View */
/** @typedef {View | "tv"} Shown */
/** @typedef {{ view: View, site: string, params: URLSearchParams }} Route  site is "" where the address names none */

const SITE = /^[a-z0-9][a-z0-9.-]{0,62}$/;

// Sites of these names exist, and their paths are the server's own: they are named in the query.
const TAKEN = new Set(["api", "healthz", "metrics", "readyz", "v1"]);

/** Where the page's server is; it may be behind a prefix. The document's own address moves, so it is looked at once. */
const root = new URL(document.documentElement.dataset.root || "./", location.href);

/** The address of the server's path, with a query. @param {string} path @param {Record<string, string>} [query] */
export function serverURL(path, query = {}) {
  const url = new URL(path, root);
  url.search = String(new URLSearchParams(query));
  return url;
}

/** What is on show. Change it by {@link go}. */
export const route = signal(read(location.href));

/** Reads an address. @param {string} address @returns {Route} */
export function read(address) {
  const url = new URL(address, root);
  const params = url.searchParams;
  const path = decode(url.pathname.slice(root.pathname.length));
  const [first = "", second = "", third = ""] = path.split("/");
  if (first === "_" && (second === "pipeline" || second === "inspect")) return { view: second, site: siteOr(params.get("site")), params };
  if (first === "_" && second === "tile") return { view: "tile", site: siteOr(third), params };
  return { view: "site", site: siteOr(first) || siteOr(params.get("site")), params };
}

/** The view of a route. On a wall a site is another one, though its address is the same. @param {Route} route @returns {Shown} */
export function viewOf({ view, params }) {
  return view === "site" && params.get("tv") === "1" ? "tv" : view;
}

/** @param {string | null} name */
function siteOr(name) {
  return name && SITE.test(name) ? name : "";
}

/** @param {string} text */
function decode(text) {
  try {
    return decodeURIComponent(text);
  } catch {
    return "";
  }
}

/** The address of a view of a site. @param {View} view @param {string} site @param {URLSearchParams} [params] */
export function address(view, site, params = new URLSearchParams()) {
  const query = new URLSearchParams(params);
  query.delete("site");
  const inPath = view === "tile" || (view === "site" && !TAKEN.has(site));
  if (site && !inPath) query.set("site", site);
  const path = { site: inPath ? site : "", pipeline: "_/pipeline", inspect: "_/inspect", tile: `_/tile/${site}` }[view];
  return root.pathname + path + (query.size > 0 ? `?${readable(query)}` : "");
}

// What needs no escape in a query stays as a person would write it.
/** @param {URLSearchParams} query */
function readable(query) {
  return String(query).replaceAll("%3A", ":").replaceAll("%2F", "/").replaceAll("%2C", ",").replaceAll("%7C", "|");
}

/**
 * Goes to an address of the page. A choice is a step in the history; what only makes an address complete replaces it.
 * @param {string} to @param {{ replace?: boolean }} [how]
 */
export function go(to, { replace = false } = {}) {
  if (new URL(to, root).href !== location.href) history[replace ? "replaceState" : "pushState"](null, "", to);
  route.value = read(location.href);
}

addEventListener("popstate", () => (route.value = read(location.href)));

/** Follows a link inside the page without loading it anew; to be put on a link's click. @param {MouseEvent} event */
export function follow(event) {
  if (event.defaultPrevented || event.button !== 0 || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
  event.preventDefault();
  go(/** @type {HTMLAnchorElement} */ (event.currentTarget).href);
}
