// Stands in the page itself, and runs before anything else of it is there: asks what the view will show first, so that the answers come while its
// modules are read.

import { route, viewOf } from "./route.js";
import { askFirst } from "./site/questions.js";
import { followSites } from "./state/sites.js";

const view = viewOf(route.peek());
if (view === "site") askFirst();
else if (view !== "tile") followSites();

// The first takes the browser some 20 ms, in which others work for us: once they are asked.
setTimeout(() => new Intl.NumberFormat(), 0);
