// Funnels: built in the page. The one on show stands in the address; those that have a name are kept in this browser, for each site.

import { keepList, keptList } from "../state/kept.js";

/** @typedef {{ kind: "page" | "event" | "goal", value: string }} Step */
/** @typedef {{ name: string, steps: string }} Kept  steps as in the address */

export const FEWEST = 2;
export const MOST = 8;

/** @type {Record<string, Step["kind"]>} */
const KINDS = { p: "page", e: "event", g: "goal" };

/** Steps as they stand in the address: "p/tea~eSignup". @param {Step[]} steps */
export function writeSteps(steps) {
  return steps.map((s) => s.kind[0] + s.value.replace(/[~!]/g, (sign) => (sign === "~" ? "!t" : "!!"))).join("~");
}

/** @param {string} text @returns {Step[]} */
export function readSteps(text) {
  if (!text) return [];
  return text.split("~").flatMap((part) => {
    const kind = KINDS[part[0]];
    const value = part.slice(1).replace(/!([t!])/g, (_, sign) => (sign === "t" ? "~" : "!"));
    return kind && value ? [{ kind, value }] : [];
  }).slice(0, MOST);
}

/** A step as a condition of the Stats API. A page may end in "*". @param {Step} step */
export function conditionOf({ kind, value }) {
  if (kind === "page" && value.includes("*")) return ["matches", "event:page", [`^${value.replace(/[.+?^${}()|[\]\\]/g, "\\$&").replaceAll("*", ".*")}$`]];
  return ["is", { page: "event:page", event: "event:name", goal: "event:goal" }[kind], [value]];
}

/** @param {string} site */
const place = (site) => `streamgauge.funnels.${site}`;

/** @param {string} site @returns {Kept[]} */
export function keptFunnels(site) {
  return keptList(place(site), (f) => typeof f?.name === "string" && typeof f?.steps === "string");
}

/** @param {string} site @param {Kept[]} funnels */
export function keepFunnels(site, funnels) {
  keepList(place(site), funnels);
}
