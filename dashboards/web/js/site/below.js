// The parts of the board that nobody sees at first: loaded together.

export { Funnel } from "./Funnel.js";
export { Journeys } from "./Journeys.js";
export { Ledger } from "./Ledger.js";
export { Retention } from "./Retention.js";
export { Scrubber } from "./Scrubber.js";
export { Ticker } from "./Ticker.js";
export { Vitals } from "./Vitals.js";
