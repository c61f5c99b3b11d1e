// Rows of a list: each a name on a bar, and figures. A click filters the page by it.

import { html } from "../html.js";
import { METRICS, numberOf } from "../metrics.js";
import { Bar, barLength } from "../ui/Bar.js";
import { Delta } from "../ui/Delta.js";
import { Figure } from "../ui/Figure.js";
import { useStill } from "../ui/still.js";
import { shown, sign } from "./texts.js";

/** @typedef {import("../api/stats.js").Row} Row */

/**
 * @param {object} props
 * @param {string} props.dimension
 * @param {string[]} props.metrics  in the order of the rows' figures; bars are drawn by the first
 * @param {Row[]} props.rows
 * @param {boolean} props.exact
 * @param {boolean} [props.compared]
 * @param {string[]} props.picked  texts that the page is filtered by
 * @param {(text: string) => void} [props.onPick]
 */
export function Rows({ dimension, metrics, rows, exact, compared, picked, onPick }) {
  const still = useStill();
  const most = mostOf(rows);
  return html`<ul class="rows ranked" style=${{ "--many": rows.length }}>
    ${rows.map((r) => {
      const share = shareOf(r, most);
      const isPicked = picked.includes(r.dimensions[0]);
      return still(r.dimensions[0], [JSON.stringify(r), dimension, metrics.join(), exact, share, compared, isPicked], () => RowOf({ dimension, metrics, row: r, share, exact, compared, picked: isPicked, onPick }));
    })}
  </ul>`;
}

/** The greatest of the figures that bars are drawn by. @param {Row[]} rows */
export function mostOf(rows) {
  return Math.max(...rows.map((r) => numberOf(r.metrics[0]) ?? 0), 0);
}

/** How long the bar of a row is, from 0 to 1. @param {Row} row @param {number} most */
export function shareOf(row, most) {
  return most > 0 ? barLength((numberOf(row.metrics[0]) ?? 0) / most) : 0;
}

/**
 * @param {object} props
 * @param {string} props.dimension
 * @param {string[]} props.metrics
 * @param {Row} props.row
 * @param {number} props.share  the length of its bar
 * @param {boolean} props.exact
 * @param {boolean} [props.compared]
 * @param {boolean} props.picked
 * @param {(text: string) => void} [props.onPick]
 * @param {Record<string, string>} [props.style]
 */
export function RowOf({ dimension, metrics, row, share, exact, compared, picked, onPick, style }) {
  const text = row.dimensions[0];
  const name = shown(dimension, text);
  const mark = sign(dimension, text);
  return html`<li class="row" key=${text} data-picked=${picked} style=${style}>
    <button type="button" class="row-name" aria-pressed=${picked} onClick=${onPick && (() => onPick(text))} title=${name}>
      ${Bar({ share, children: html`${mark && html`<span class="code">${mark}</span>`}<bdi>${name}</bdi>` })}
    </button>
    ${metrics.map((m, i) => html`<span class="row-figure" data-metric=${m} key=${m}>
      ${Figure({ metric: m, value: row.metrics[i], error: exact ? null : row.errors?.[i] })}
    </span>`)}
    ${compared && html`<span class="row-figure row-change">${Delta({ value: row.comparison?.change[0], isNew: row.comparison?.metrics[0] === 0, lessIsBetter: METRICS[metrics[0]].lessIsBetter })}</span>`}
  </li>`;
}
