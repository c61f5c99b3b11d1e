// A window at the edge of the page, for what belongs to one thing of it.

import { html } from "../html.js";
import { Dialog } from "./Dialog.js";

/** @param {{ title: unknown, onClose: () => void, tools?: unknown, children: unknown }} props */
export function Drawer(props) {
  return html`<${Dialog} ...${props} class="drawer" />`;
}
