// Light or dark: as the system has it, unless the reader has chosen; and the colours for what is drawn on a canvas, from the same custom
// properties as everything else.

import { signal } from "@preact/signals";

const dark = matchMedia("(prefers-color-scheme: dark)");
const KEPT = "streamgauge.theme";

/** Grows when the colours have changed. */
export const themes = signal(0);

/** What the address says, which goes before what the reader has chosen. @type {"system" | "light" | "dark" | ""} */
let imposed = "";

/** @returns {"system" | "light" | "dark"} */
export function chosenTheme() {
  if (imposed) return imposed;
  const kept = readKept();
  return kept === "light" || kept === "dark" ? kept : "system";
}

/** @param {"system" | "light" | "dark"} theme */
export function chooseTheme(theme) {
  if (theme === "system") localStorage.removeItem(KEPT);
  else localStorage.setItem(KEPT, theme);
  wearTheme();
}

/** Wears a theme whatever the reader has chosen elsewhere. @param {"system" | "light" | "dark"} theme */
export function imposeTheme(theme) {
  imposed = theme;
  wearTheme();
}

// In a frame of another site browsers may allow no storage.
function readKept() {
  try {
    return localStorage.getItem(KEPT);
  } catch {
    return null;
  }
}

/** Puts the reader's choice into effect. */
export function wearTheme() {
  document.documentElement.dataset.theme = chosenTheme();
  colors.clear();
  themes.value++;
}

/** @type {Map<string, string>} */
const colors = new Map();

/** A colour of the style sheets, such as "--accent", in a form that a canvas takes. @param {string} name */
export function color(name) {
  if (!colors.has(name)) resolve(name);
  return /** @type {string} */ (colors.get(name));
}

// What canvases are drawn with. All are read at once: to ask for a computed style is to have the styles of the page computed.
const DRAWN = ["--chart-line", "--chart-fill", "--chart-before", "--chart-band", "--chart-error", "--chart-alert", "--card", "--muted", "--line", "--line-strong"];
const probes = document.createElement("span");
probes.hidden = true;

/** @param {string} name */
function resolve(name) {
  if (!probes.isConnected) document.body.append(probes);
  const names = [...new Set([...DRAWN, name])];
  probes.replaceChildren(...names.map((n) => {
    const probe = document.createElement("span");
    probe.style.color = `var(${n})`;
    return probe;
  }));
  names.forEach((n, i) => colors.set(n, getComputedStyle(probes.children[i]).color)); // light-dark() is resolved here
}

dark.addEventListener("change", wearTheme);
