// Tiles: one question about one site each, for the pages of others.

import { deleteJSON, getJSON } from "./ask.js";

/** @typedef {{ site: string, metric: string, period: string, by: string }} TileQuestion */
/** @typedef {import("./stats.js").Answer} Answer */
/** @typedef {{ site: string, tz: string, metric: string, period: string, by?: string, current_visitors?: number, total?: Answer, course?: Answer, list?: Answer }} TileAnswer */

/** @param {TileQuestion} question @param {string} key "" where none is needed @param {AbortSignal} [signal] @returns {Promise<TileAnswer>} */
export function fetchTile(question, key, signal) {
  return getJSON("api/v1/tile", { ...asked(question), ...(key && { key }) }, signal);
}

/** The key that a tile needs in the pages of others, "" where it needs none, and when it ends. @param {TileQuestion} question @param {string} expires a date or a time, "" for no end @param {AbortSignal} [signal] @returns {Promise<{ key: string, expires?: string }>} */
export function fetchTileKey(question, expires, signal) {
  return getJSON("api/v1/tile/key", { ...asked(question), ...(expires && { expires }) }, signal);
}

/** Ends a key for good, wherever it stands. @param {string} site @param {string} key */
export function endTileKey(site, key) {
  return deleteJSON("api/v1/tile/key", { site, key });
}

/** @param {TileQuestion} question @returns {Record<string, string>} */
function asked({ site, metric, period, by }) {
  return { site, metric, period, ...(by && { by }) };
}
