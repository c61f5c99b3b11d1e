// Of when something is that is not of now. It has its place always, so that nothing moves when it appears.

import { useEffect, useState } from "preact/hooks";
import { span } from "../format.js";
import { html } from "../html.js";

// Milliseconds that nobody needs to be told of: books are read anew within ten seconds where nothing comes, within eight where the page asks every five.
const FRESH = 15_000;

/** @param {{ at: number }} props  by performance.now(); 0 where it is not known */
export function AsOf({ at }) {
  const [now, setNow] = useState(0);
  useEffect(() => {
    const timer = setInterval(() => setNow(performance.now()), 1_000);
    return () => clearInterval(timer);
  }, []);
  const age = at === 0 ? 0 : now - at; // before the page was opened it is negative
  return html`<small class="as-of muted">${age <= FRESH ? "\u00a0" : `as of ${span(age)} ago`}</small>`;
}
