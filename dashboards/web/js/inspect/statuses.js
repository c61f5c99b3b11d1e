// What the door answered.

/** @type {Record<string, { label: string, tone: string }>} */
export const STATUSES = {
  accepted: { label: "Accepted", tone: "good" },
  invalid: { label: "Invalid", tone: "bad" },
  retry: { label: "To be retried", tone: "warn" },
};
