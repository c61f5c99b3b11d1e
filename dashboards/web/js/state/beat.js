// A beat that those who have to wait wait for, so that they go on in one task.

export const BEAT = 500;

/** @type {Map<number, Set<{ ask: () => void }>>} who asks at which beat */
const beats = new Map();

/** Lets somebody ask at the first beat that is not before a time. @param {{ ask: () => void }} asker @param {number} time by performance.now() */
export function askAtBeat(asker, time) {
  const beat = BEAT * Math.ceil(time / BEAT);
  const askers = beats.get(beat);
  if (askers) return void askers.add(asker);
  const all = new Set([asker]);
  beats.set(beat, all);
  setTimeout(() => {
    beats.delete(beat);
    for (const one of all) one.ask();
  }, Math.ceil(beat - performance.now())); // a timer takes whole milliseconds: less would be before the beat
}

/** @param {{ ask: () => void }} asker */
export function forgetBeat(asker) {
  for (const askers of beats.values()) askers.delete(asker);
}
