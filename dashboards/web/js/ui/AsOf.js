// Of when something is that is not of now. It has its place always, so that nothing moves when it appears.

import { useEffect, useState } from "preact/hooks";
import { count, span } from "../format.js";
import { html } from "../html.js";

const FRESH = 2_000; // milliseconds that nobody needs to be told of
const SECONDS = 10_000; // up to which whole seconds are exact enough

/** @param {{ at: number }} props  by performance.now(); 0 where it is not known */
export function AsOf({ at }) {
  const [now, setNow] = useState(0);
  useEffect(() => {
    const timer = setInterval(() => setNow(performance.now()), 1_000);
    return () => clearInterval(timer);
  }, []);
  const age = at > 0 ? now - at : 0;
  return html`<small class="as-of muted">${age <= FRESH ? "\u00a0" : `as of ${age < SECONDS ? `${count(Math.round(age / 1000))}\u00a0s` : span(age)} ago`}</small>`;
}
