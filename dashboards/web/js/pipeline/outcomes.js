// What outcomes are called, and what they mean.

/** @type {Record<import("./bands.js").Part, { label: string, means: string }>} */
export const OUTCOMES = {
  counted: { label: "Counted", means: "In the figures, once." },
  in_transit: { label: "In transit", means: "Accepted, on the stream, and not read yet." },
  duplicate: { label: "Duplicate", means: "A copy of an event that is counted already, told by its id." },
  bot: { label: "Bot", means: "Sent by automation, and left out because the site has it so." },
  late: { label: "Late", means: "Came more than 24 hours after its own time." },
  quarantined: { label: "Quarantined", means: "Could not be read. It is kept among the dead letters and can be brought back." },
  invalid: { label: "Invalid", means: "Refused at the door with the reason, before anything was written." },
};

/** A reason as a person reads it. @param {string} reason */
export function reasonLabel(reason) {
  return reason.replaceAll("_", " ");
}
