// A headless Chromium of this machine, that talks to nobody by itself.

import { chromium } from "playwright-core";

// Without these Chromium looks for updates and accounts at every start; as root it needs to be told to go without a sandbox.
const QUIET = [
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
  "--disable-quic",
  "--disable-gpu",
  "--no-first-run",
];

/** Starts the browser at the path that the environment gives as CHROMIUM. */
export function launch() {
  const root = process.getuid?.() === 0 ? ["--no-sandbox"] : [];
  return chromium.launch({ executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium", args: [...QUIET, ...root] });
}
