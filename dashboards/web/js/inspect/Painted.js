// JSON with its parts in colours, and the fields that failed marked.

import { html } from "../html.js";
import { isOf, tokens } from "./json.js";

/** @param {{ text: string, fields: string[] }} props  fields: the paths that failed */
export function Painted({ text, fields }) {
  return html`<pre class="snippet" tabindex="0" aria-label="The event as it was received">${tokens(text).map((t, i) => {
    const inner = html`<span key=${i} data-kind=${t.kind}>${t.text}</span>`;
    return html`${t.before}${isOf(t, fields) ? html`<mark>${inner}</mark>` : inner}`;
  })}</pre>`;
}
