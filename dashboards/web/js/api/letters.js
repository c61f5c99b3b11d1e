// Dead letters: records that could not be read, kept until somebody brings them back.

import { getJSON, postJSON } from "./ask.js";

/**
 * @typedef {object} Letter
 * @property {string} key
 * @property {string} site  "" where it could not be told
 * @property {string} reason
 * @property {string} message
 * @property {string} stream
 * @property {string} shard
 * @property {string} sequence_number
 * @property {number} index  in its record
 * @property {string} arrival  ISO 8601
 * @property {number} bytes
 * @property {string} [outcome]  that it has since it was brought back
 */
/** @typedef {Letter & { data: string, text?: string }} WholeLetter  data is base64; text is there where it is text */
/** @typedef {{ key: string, outcome?: string, code?: string, message?: string }} Redriven  an outcome, or why it stays where it is */

/** How many copies one request may bring back. */
export const REDRIVE_LIMIT = 100;

/** A part of the list; next is the cursor of the one after it, "" at the end. @param {string} site "" for all @param {string} cursor @param {number} limit @param {AbortSignal} [signal] @returns {Promise<{ items: Letter[], next: string }>} */
export function fetchLetters(site, cursor, limit, signal) {
  return getJSON("api/v1/dlq", { ...(site && { site }), ...(cursor && { cursor }), limit: String(limit) }, signal);
}

/** @param {string} key @param {AbortSignal} [signal] @returns {Promise<WholeLetter>} */
export function fetchLetter(key, signal) {
  return getJSON(`api/v1/dlq/${encodeURIComponent(key)}`, {}, signal);
}

/** Brings records back. It may be asked again: what was brought back stays so. @param {string[]} keys @returns {Promise<Redriven[]>} */
export async function redrive(keys) {
  return (await postJSON("api/v1/redrive", { keys })).results ?? [];
}
