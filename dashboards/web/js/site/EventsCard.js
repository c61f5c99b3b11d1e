// What visitors do: the goals of the site, and all events by their names.

import { html } from "../html.js";
import { site } from "../state/sites.js";
import { EVENTS, GOALS } from "./cards.js";
import { ListCard } from "./ListCard.js";

export function EventsCard() {
  const goals = site.value?.goals ?? [];
  const listings = goals.length > 0 ? [{ ...GOALS, key: "" }, EVENTS] : [{ ...EVENTS, key: "" }, { ...GOALS, nothing: "This site has no goals yet. PATCH /api/v1/sites/ID sets them." }];
  return html`<${ListCard} name="goals" title=${goals.length > 0 ? "Goals" : "Events"} listings=${listings} />`;
}
