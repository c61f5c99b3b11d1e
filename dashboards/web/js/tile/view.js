// The view at /_/tile/{site}: a tile that other pages hold in a frame. ?metric=, ?period= and ?by= say what it shows, ?theme= may be light or dark, ?key= opens it where
// there is access control.
//
// Contract of a view's module: see ../pipeline/view.js. A tile has no Frame and leads nowhere: its answer alone allows to be framed.

import { useLayoutEffect } from "preact/hooks";
import { AnswerError } from "../api/ask.js";
import { fetchTile } from "../api/tile.js";
import { html } from "../html.js";
import { usePoll } from "../state/poll.js";
import { Failure } from "../ui/Failure.js";
import { imposeTheme } from "../ui/theme.js";
import { Figure } from "./Figure.js";
import { List } from "./List.js";
import { questionOf } from "./measures.js";

export const sheets = [import.meta.resolve("../../css/tile.css")];

const OFTEN = 5_000;
const SELDOM = 30_000;

/** @param {{ route: import("../route.js").Route }} props */
export default function Tile({ route: { site, params } }) {
  const question = questionOf(params, site);
  const key = params.get("key") ?? "";
  const theme = params.get("theme") ?? "";
  const { value, fault, again } = usePoll((signal) => fetchTile(question, key, signal), question.metric === "current_visitors" ? OFTEN : SELDOM, [String(params), site]);
  useLayoutEffect(() => imposeTheme(theme === "light" || theme === "dark" ? theme : "system"), [theme]);
  const isOver = fault instanceof AnswerError && fault.code === "expired"; // then what it showed is nobody's to see any more
  return html`<main class="tile" data-old=${Boolean(value && fault && !isOver)}>
    <h1 class="unseen">${site}</h1>
    ${isOver ? html`<p class="nothing tile-rows" role="status">${fault.message}</p>` : value?.list ? html`<${List} answer=${value} />` : value ? html`<${Figure} answer=${value} />` : fault ? html`<${Failure} fault=${fault} again=${again} />` : html`<p class="unseen" role="status">Loading</p>`}
  </main>`;
}
