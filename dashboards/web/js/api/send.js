// Sends events through the front door, as a site would.

import { serverURL } from "../route.js";
import { getJSON } from "./ask.js";

/** @typedef {{ accepted: number, results: { index: number, status: string, id?: string, errors?: import("./inspect.js").FieldError[] }[] }} Sent */

/** The key that events of a site need where there is access control, else "". @param {string} site @returns {Promise<string>} */
export async function fetchSiteKey(site) {
  try {
    return (await getJSON(`api/v1/sites/${encodeURIComponent(site)}/key`)).key ?? "";
  } catch {
    return ""; // there is none, or the door will say so
  }
}

/** @param {unknown} event @param {string} key @returns {Promise<Sent>} */
export async function sendEvent(event, key) {
  /** @type {Record<string, string>} */
  const headers = { "content-type": "application/json" };
  if (key) headers.authorization = `Bearer ${key}`;
  const answer = await fetch(serverURL("v1/events"), { method: "POST", headers, body: JSON.stringify(event) });
  const said = await answer.json().catch(() => null);
  if (said?.error) throw new Error(said.error.message);
  if (said === null) throw new Error(`The server answered with ${answer.status}.`);
  return said;
}

/** The address of the door. */
export function doorAddress() {
  return serverURL("v1/events").href;
}
