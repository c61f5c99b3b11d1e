// Which keys do what.

import { html } from "../html.js";
import { Dialog } from "../ui/Dialog.js";
import { periodLabel } from "./labels.js";
import { PERIOD_KEYS } from "./PeriodMenu.js";
import { here } from "../state/scope.js";

const OTHERS = [
  ["←  →", "Previous or next period"], ["X", "Compare with the period before, or stop"], ["/", "Filter"], ["Esc", "Clear the filters"], ["P", "Pause or resume the latest events"], ["?", "This list"],
];

/** @param {{ onClose: () => void }} props */
export default function Help({ onClose }) {
  return html`<${Dialog} title="Keyboard" onClose=${onClose} class="narrow">
    <dl class="help">
      ${[...PERIOD_KEYS.map(([name, key]) => [key, periodLabel({ name }, here())]), ...OTHERS].map(([key, what]) => html`<div key=${key}><dt><kbd>${key}</kbd></dt><dd>${what}</dd></div>`)}
    </dl>
  <//>`;
}
