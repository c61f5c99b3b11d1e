// The view is in the address: a link shows what its sender saw, and Back goes back.

const SITE = /^[a-z0-9][a-z0-9.-]{0,62}$/;

/** The site that the address names, or "" where it names none that could exist. */
export function siteInAddress() {
  const site = new URLSearchParams(location.search).get("site") ?? "";
  return SITE.test(site) ? site : "";
}

/** Puts the site into the address. A choice of the user is a step in the history; a default is not. */
export function showSiteInAddress(site, { step }) {
  const url = new URL(location.href);
  if (url.searchParams.get("site") === site) return;
  url.searchParams.set("site", site);
  history[step ? "pushState" : "replaceState"](null, "", url);
}

/** Calls back with the site when the user goes back or forward. */
export function onAddressChange(callback) {
  addEventListener("popstate", () => callback(siteInAddress()));
}

/** An absolute URL of the server that this page came from, also where it is served under a prefix. */
export function serverURL(path, query = {}) {
  const url = new URL(path, document.baseURI);
  url.search = new URLSearchParams(query);
  return url;
}
