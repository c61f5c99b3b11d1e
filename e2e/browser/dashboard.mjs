// The dashboard as a person sees it: what stands where, and waiting for it to change.

/** The text of the element marked with the name, below the part of the page with the id. */
export function text(page, id, name) {
  return page.locator(`#${id} [data-text="${name}"]`);
}

/** Waits until a number of the page is at least n. */
export async function atLeast(page, id, name, n) {
  await page.waitForFunction(
    ({ selector, n }) => Number(document.querySelector(selector).textContent.replace(/\D/g, "")) >= n,
    { selector: `#${id} [data-text="${name}"]`, n },
  );
}

/** The events of the last 10 minutes, as the page tells them. */
export async function eventsShown(page) {
  return Number((await text(page, "totals", "events").textContent()).replace(/\D/g, ""));
}

/** Waits until the page is connected and shows numbers. */
export async function live(page) {
  await page.waitForFunction(() => document.body.dataset.state === "live" && document.body.dataset.view === "board");
}

/** Waits until the element reads exactly so. */
export function reads(locator, exactly) {
  return locator.and(locator.page().getByText(exactly, { exact: true })).waitFor();
}

/** The row of a page in the list of top pages. */
export function pageRow(page, name) {
  return page.locator("#pages tbody tr", { has: page.locator("bdi").getByText(name, { exact: true }) });
}

/** Sends one event over plain HTTP, as any program would. Throws where it was not accepted. */
export async function send(server, event) {
  const answer = await fetch(new URL("v1/events", server), {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ name: "pageview", ...event }),
  });
  const { accepted } = await answer.json();
  if (answer.status !== 202 || accepted !== 1) throw new Error(`send: HTTP ${answer.status}, ${accepted} accepted`);
}
