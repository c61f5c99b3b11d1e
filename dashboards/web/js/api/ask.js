// Questions to the page's own server, and what may go wrong with them.

import { serverURL } from "../route.js";

/** An answer that is an error. The message is fit to be read by a person. */
export class AnswerError extends Error {
  /** @param {number} status of HTTP; 0 where there was no answer @param {string} code @param {string} message */
  constructor(status, code, message) {
    super(message);
    this.status = status;
    this.code = code;
  }
}

/** @param {string} path @param {Record<string, string>} [query] @param {AbortSignal} [signal] */
export function getJSON(path, query, signal) {
  return ask(serverURL(path, query), { headers: { accept: "application/json" }, signal, cache: "no-store" });
}

/** @param {string} path @param {unknown} body @param {AbortSignal} [signal] */
export function postJSON(path, body, signal) {
  return ask(serverURL(path), { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify(body), signal });
}

/** @param {string} path @param {Record<string, string>} query */
export function deleteJSON(path, query) {
  return ask(serverURL(path, query), { method: "DELETE", headers: { accept: "application/json" } });
}

/** @param {URL} url @param {RequestInit} init */
async function ask(url, init) {
  let answer;
  try {
    answer = await fetch(url, init);
  } catch (fault) {
    if (init.signal?.aborted) throw fault;
    throw new AnswerError(0, "offline", "The server does not answer.");
  }
  if (answer.ok) return answer.json();
  throw await errorOf(answer);
}

/** @param {Response} answer */
async function errorOf(answer) {
  const said = await answer.json().catch(() => null);
  const { code = "", message = "" } = said?.error ?? {};
  return new AnswerError(answer.status, code, message || `The server answered with ${answer.status} ${answer.statusText}`);
}
