// What the cards of the site view list: their tabs, by which dimension each, and which figures a list has when it is opened.

/**
 * @typedef {object} Listing
 * @property {string} key  of its tab in the address; "" for the first
 * @property {string} label  of its tab
 * @property {string} dimension
 * @property {string} of  what a row is, for the head of the column
 * @property {string} metric  that rows are ordered by
 * @property {string[]} more  further figures of the opened list
 * @property {string} [group]  listings of one group share a tab, with a choice below it
 * @property {string} [nothing]  what stands where there is no row
 */

const VISIT = ["visits", "bounce_rate", "visit_duration"];

/** How many rows a card has. */
export const ROWS = 9;

/** @type {Listing[]} */
export const PAGES = [
  { key: "", label: "Top pages", dimension: "event:page", of: "Page", metric: "visitors", more: ["pageviews", "bounce_rate", "time_on_page", "scroll_depth"] },
  { key: "entry", label: "Entry", dimension: "visit:entry_page", of: "Entry page", metric: "visits", more: ["visitors", "bounce_rate", "visit_duration"] },
  { key: "exit", label: "Exit", dimension: "visit:exit_page", of: "Exit page", metric: "visits", more: ["visitors", "views_per_visit", "visit_duration"] },
];

const CAMPAIGNS = /** @type {const} */ ([
  ["utm_campaign", "Campaign"], ["utm_source", "Source"], ["utm_medium", "Medium"], ["utm_content", "Content"], ["utm_term", "Term"],
]);

/** @type {Listing[]} */
export const SOURCES = [
  { key: "", label: "Channels", dimension: "visit:channel", of: "Channel", metric: "visitors", more: VISIT },
  { key: "sources", label: "Sources", dimension: "visit:source", of: "Source", metric: "visitors", more: VISIT },
  { key: "referrers", label: "Referrers", dimension: "visit:referrer", of: "Referrer", metric: "visitors", more: VISIT },
  ...CAMPAIGNS.map(([key, label]) => ({
    key, label, dimension: `visit:${key}`, of: `UTM ${label.toLowerCase()}`, metric: "visitors", more: VISIT, group: "Campaigns",
    nothing: "No visit came with this tag.",
  })),
];

/** @type {Listing[]} */
export const PLACES = [
  { key: "", label: "Countries", dimension: "visit:country", of: "Country", metric: "visitors", more: VISIT },
  { key: "map", label: "Map", dimension: "visit:country", of: "Country", metric: "visitors", more: VISIT },
  { key: "regions", label: "Regions", dimension: "visit:region", of: "Region", metric: "visitors", more: VISIT },
  { key: "cities", label: "Cities", dimension: "visit:city", of: "City", metric: "visitors", more: VISIT },
];

/** @type {Listing[]} */
export const DEVICES = [
  { key: "", label: "Browsers", dimension: "visit:browser", of: "Browser", metric: "visitors", more: VISIT },
  { key: "os", label: "Systems", dimension: "visit:os", of: "Operating system", metric: "visitors", more: VISIT },
  { key: "devices", label: "Devices", dimension: "visit:device", of: "Device", metric: "visitors", more: VISIT },
  { key: "screens", label: "Screens", dimension: "visit:screen", of: "Size of the screen", metric: "visitors", more: VISIT },
  { key: "languages", label: "Languages", dimension: "visit:language", of: "Language", metric: "visitors", more: VISIT },
];

/** @type {Listing} */
export const GOALS = { key: "goals", label: "Goals", dimension: "event:goal", of: "Goal", metric: "visitors", more: ["events", "conversion_rate", "total_revenue"] };

/** @type {Listing} */
export const EVENTS = { key: "events", label: "Events", dimension: "event:name", of: "Event", metric: "visitors", more: ["events", "percentage"] };

/** The listing of a property's values. @param {string} key @returns {Listing} */
export function propertyListing(key) {
  return {
    key, label: key, dimension: `event:props:${key}`, of: key, metric: "visitors", more: ["events", "percentage"],
    nothing: "No event has this property.",
  };
}

const ALL = [...PAGES, ...SOURCES, ...PLACES, ...DEVICES, GOALS, EVENTS];

/** The listing of a dimension, as the address names an opened list. @param {string} dimension @returns {Listing | null} */
export function listingOf(dimension) {
  const property = dimension.match(/^event:props:(.+)$/);
  return property ? propertyListing(property[1]) : (ALL.find((l) => l.dimension === dimension) ?? null);
}

/** What a filter may look at, in order of use. @type {[string, string][]} */
export const FILTERS = [
  ["event:page", "Page"], ["visit:entry_page", "Entry page"], ["visit:exit_page", "Exit page"], ["event:hostname", "Hostname"],
  ["visit:source", "Source"], ["visit:channel", "Channel"], ["visit:referrer", "Referrer"],
  ["visit:utm_campaign", "UTM campaign"], ["visit:utm_source", "UTM source"], ["visit:utm_medium", "UTM medium"], ["visit:utm_content", "UTM content"], ["visit:utm_term", "UTM term"],
  ["visit:country", "Country"], ["visit:region", "Region"], ["visit:city", "City"],
  ["visit:browser", "Browser"], ["visit:browser_version", "Browser version"], ["visit:os", "Operating system"], ["visit:os_version", "OS version"],
  ["visit:device", "Device"], ["visit:screen", "Screen"], ["visit:language", "Language"],
  ["event:name", "Event"], ["event:goal", "Goal"],
];

/** The name of a dimension. @param {string} dimension */
export function nameOf(dimension) {
  return FILTERS.find(([d]) => d === dimension)?.[1] ?? dimension.replace(/^event:props:/, "Property ").replace(/^(event|visit):/, "");
}
