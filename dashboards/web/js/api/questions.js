// Questions that parts of the page ask at the same moment, in one request.

import { AnswerError, postJSON } from "./ask.js";
import { FUNNEL, JOURNEY, QUERY, RETENTION } from "./stats.js";

/** @typedef {{ path: string, body: unknown, tag: string, apart: boolean }} Asked  tag is that of the answer that is shown, "" for none; apart: nobody else is to wait for the answer */
/** @typedef {{ data: any, tag: string, took: number }} Answered  data is null where what is shown is still the answer; took is milliseconds of the server */
/** @typedef {Asked & { signal: AbortSignal, done: (answer: Answered) => void, fail: (fault: unknown) => void }} Waiting */

/** @type {Record<string, string>} */
const KINDS = { [QUERY]: "query", [FUNNEL]: "funnel", [JOURNEY]: "journey", [RETENTION]: "retention" };
const MOST = 32; // that one request may ask

/** @type {Waiting[]} */
let gathered = [];

/** Asks together with all that is asked before the page comes to rest. @param {Asked} asked @param {AbortSignal} signal @returns {Promise<Answered>} */
export function askTogether(asked, signal) {
  return new Promise((done, fail) => {
    if (gathered.length === 0) queueMicrotask(send);
    gathered.push({ ...asked, signal, done, fail });
  });
}

function send() {
  const all = gathered.filter((q) => !q.signal.aborted);
  gathered = [];
  for (const one of all.filter((q) => q.apart)) sendOne([one]);
  const others = all.filter((q) => !q.apart);
  for (let i = 0; i < others.length; i += MOST) sendOne(others.slice(i, i + MOST));
}

/** @param {Waiting[]} all */
async function sendOne(all) {
  const control = new AbortController();
  let wanted = all.length;
  for (const { signal, fail } of all) signal.addEventListener("abort", () => {
    fail(signal.reason);
    if (--wanted === 0) control.abort(); // nobody waits for it any more
  });
  try {
    const questions = all.map(({ path, body, tag }) => ({ [KINDS[path]]: body, ...(tag && { tag }) }));
    const { answers } = await postJSON("api/v2/questions", { questions }, control.signal);
    all.forEach((one, i) => settle(one, answers[i]));
  } catch (fault) {
    for (const one of all) one.fail(fault);
  }
}

/** @param {Waiting} one @param {{ status: number, tag: string, took_ms: number, body: any }} answer */
function settle(one, { status, tag, took_ms: took, body }) {
  if (status >= 400) one.fail(new AnswerError(status, body.error.code, body.error.message));
  else one.done({ data: status === 304 ? null : body, tag, took });
}
