// The dashboard as a person sees it: what stands where, and waiting for it to change.

/** The figure of a metric card. */
export function metric(page, name) {
  return page.locator(`.metric[data-metric="${name}"] .num`);
}

/** The number that an element shows, whatever separates its thousands. */
export async function numberIn(locator) {
  return Number((await locator.textContent()).replace(/[^\d.-]/g, ""));
}

/** Waits until the metric is exactly n. */
export async function metricIs(page, name, n) {
  await page.waitForFunction(
    ({ name, n }) => document.querySelector(`.metric[data-metric="${name}"] .num`)?.textContent.replace(/\D/g, "") === String(n),
    { name, n },
  );
}

/** Waits until the metric is at least n. */
export async function metricAtLeast(page, name, n) {
  await page.waitForFunction(
    ({ name, n }) => Number(document.querySelector(`.metric[data-metric="${name}"] .num`)?.textContent.replace(/\D/g, "")) >= n,
    { name, n },
  );
}

/** Waits until the page is connected and shows figures. */
export async function live(page) {
  await page.waitForFunction(() => document.documentElement.dataset.state === "live" && document.querySelector(".metric-value .num"));
}

/** Waits until nothing that is in sight waits for an answer. */
export async function settled(page) {
  await page.waitForFunction(() => document.querySelector(".metric-value .num") && [...document.querySelectorAll('[aria-busy="true"], .skeleton, .waits')].every((e) => {
    const { top, bottom, width } = e.getBoundingClientRect();
    return width === 0 || bottom < 0 || top > innerHeight;
  }));
}

/** Waits until the element reads exactly so. */
export function reads(locator, exactly) {
  return locator.and(locator.page().getByText(exactly, { exact: true })).waitFor();
}

/** The row of a card that has the name. */
export function row(page, card, name) {
  return page.locator(`#${card} .row`, { has: page.locator("bdi").getByText(name, { exact: true }) });
}

/** The names of the rows of a card. */
export function rowsOf(page, card) {
  return page.locator(`#${card} .row bdi`).allTextContents();
}

/** What the query of the page's address says. */
export function query(page) {
  return new URL(page.url()).searchParams;
}

/** Sends events over plain HTTP, as any program would. Throws where not all were accepted. */
export async function send(server, ...events) {
  const answer = await fetch(new URL("v1/events", server), {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(events.map((event) => ({ name: "pageview", ...event }))),
  });
  const { accepted } = await answer.json();
  if (answer.status !== 202 || accepted !== events.length) throw new Error(`send: HTTP ${answer.status}, ${accepted} accepted`);
}

/** Brings all of a long page before the eyes once, so that every card has its figures, and returns to the top. */
export async function look(page) {
  await settled(page);
  for (let y = 0; y <= (await page.evaluate(() => document.documentElement.scrollHeight)); ) {
    y += await page.evaluate((to) => (scrollTo(0, to), Math.max(200, innerHeight - 100)), y);
    await page.evaluate(() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))); // who watches what is in sight has heard of it
    await settled(page);
  }
  await page.evaluate(() => scrollTo(0, 0));
}
