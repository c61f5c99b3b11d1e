// The first moments of a page: what nobody sees before there are figures waits for them.

import { effect, signal } from "@preact/signals";
import { rest } from "./rest.js";

/** Whether any answer was shown yet. */
export const anyShown = signal(false);

/** Whether the frame with it was painted. */
export const anyPainted = signal(false);

const stop = effect(() => {
  if (anyShown.value) requestAnimationFrame(async () => {
    await rest(); // a task of its own comes after the frame
    anyPainted.value = true;
    stop();
  });
});

/** @type {Promise<void>} */
export const painted = new Promise((done) => effect(() => void (anyPainted.value && done())));
