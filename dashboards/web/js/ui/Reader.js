// What the reader may set for herself: light or dark.

import { useState } from "preact/hooks";
import { html } from "../html.js";
import { Icon } from "./Icon.js";
import { chooseTheme, chosenTheme } from "./theme.js";

/** @type {("system" | "light" | "dark")[]} */
const THEMES = ["system", "light", "dark"];

export function Reader() {
  const [theme, setTheme] = useState(chosenTheme);
  const next = THEMES[(THEMES.indexOf(theme) + 1) % THEMES.length];
  const turn = () => {
    chooseTheme(next);
    setTheme(next);
  };
  return html`<button type="button" class="button quiet theme" onClick=${turn} title="Colours: ${theme}. Next: ${next}" aria-label="Colours: ${theme}. Change to ${next}">
    <${Icon} name="sun" />
  </button>`;
}
