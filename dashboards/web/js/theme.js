// Colours for what is drawn on a canvas, from the same custom properties as everything else.

const dark = matchMedia("(prefers-color-scheme: dark)");
let cache = new Map();

/** The value of a CSS custom property, such as "--accent". */
export function color(name) {
  if (!cache.has(name)) cache.set(name, getComputedStyle(document.documentElement).getPropertyValue(name).trim());
  return cache.get(name);
}

/** Calls back after the colours have changed between light and dark. */
export function onThemeChange(callback) {
  dark.addEventListener("change", () => {
    cache = new Map();
    callback();
  });
}
