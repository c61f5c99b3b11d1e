// Questions that are asked before there is anybody to show the answers: whoever asks the same within a few seconds is given what came.

import { askTogether } from "../api/questions.js";

/** @typedef {import("../api/questions.js").Answered} Answered */
/** @typedef {{ at: number, answer: Promise<Answered>, answered?: Answered }} Early  at is when it was asked, by performance.now() */

const FRESH = 5_000;

/** @type {Map<string, Early>} by the keys of questions */
const early = new Map();

/** Asks, and returns when all is answered or has failed. @param {import("./scope.js").Question[]} questions */
export async function askEarly(questions) {
  const control = new AbortController();
  const all = questions.map((question) => {
    const before = known(question.key);
    if (before) return before.answer;
    const answer = askTogether({ path: question.path, body: question.body(), tag: "", apart: false }, control.signal);
    /** @type {Early} */
    const asked = { at: performance.now(), answer };
    early.set(question.key, asked);
    return answer.then((answered) => (asked.answered = answered));
  });
  await Promise.allSettled(all);
}

/** What was asked early, once and while it is fresh. @param {string} key @returns {Early | undefined} */
export function takeEarly(key) {
  const asked = known(key);
  early.delete(key);
  return asked;
}

/** @param {string} key */
function known(key) {
  const asked = early.get(key);
  return asked && performance.now() - asked.at < FRESH ? asked : undefined;
}
