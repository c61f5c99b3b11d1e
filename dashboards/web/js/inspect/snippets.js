// Commands and code that send an event, ready to be copied.

/** A text between single quotes, as a shell takes it. @param {string} text */
function quoted(text) {
  return `'${text.replaceAll("'", `'\\''`)}'`;
}

/** @param {string} body @param {string} door @param {string} key */
export function curl(body, door, key) {
  const auth = key ? `-H ${quoted(`Authorization: Bearer ${key}`)} ` : "";
  return `curl -H 'Content-Type: application/json' ${auth}--data-raw ${quoted(body)} ${quoted(door)}`;
}

/** @param {string} body @param {string} door @param {string} key */
export function script(body, door, key) {
  const headers = key ? `{ "content-type": "application/json", authorization: ${JSON.stringify(`Bearer ${key}`)} }` : `{ "content-type": "application/json" }`;
  return `await fetch(${JSON.stringify(door)}, {\n  method: "POST",\n  headers: ${headers},\n  body: JSON.stringify(${body}),\n});`;
}

/** What a page holds to send its pageviews, clicks to other sites, and how long it was looked at: docs/BROWSER.md explains it. @param {string} site @param {string} door @param {string} key */
export function pageScript(site, door, key) {
  return `<script>
(() => {
  const door = ${JSON.stringify(key ? `${door}?key=${key}` : door)}, site = ${JSON.stringify(site)};
  const session = crypto.randomUUID?.() ?? String(Math.random());
  let page = "", from = 0, seen = 0, scrolled = 0;
  function send(name, more) {
    navigator.sendBeacon(door, JSON.stringify({
      site, name, session, url: page.slice(0, 2000), screen: \`\${screen.width}x\${screen.height}\`, lang: navigator.language, ...more,
    }));
  }
  function look() {
    if (!document.hidden) from ||= Date.now();
  }
  function measure() {
    scrolled = Math.max(scrolled, Math.min(100, Math.round(100 * (scrollY + innerHeight) / document.documentElement.scrollHeight)));
  }
  function leave() {
    measure();
    if (from) seen += Date.now() - from;
    if (seen) send("engagement", { engaged_ms: seen, scroll: scrolled });
    from = seen = 0;
  }
  function view() {
    const now = location.href.split("#")[0];
    if (now === page) return;
    if (page) leave();
    const referrer = page ? undefined : document.referrer.slice(0, 2000) || undefined;
    page = now;
    scrolled = 0;
    send("pageview", { title: document.title.slice(0, 500), referrer });
    look();
  }
  for (const name of ["pushState", "replaceState"]) {
    const original = history[name];
    history[name] = function (...args) { original.apply(this, args); view(); };
  }
  addEventListener("popstate", view);
  addEventListener("scroll", measure, { passive: true });
  document.addEventListener("visibilitychange", () => (document.hidden ? leave() : look()));
  addEventListener("pagehide", leave);
  addEventListener("pageshow", (event) => event.persisted && ((page = ""), view()));
  document.addEventListener("click", (event) => {
    const link = event.target.closest?.("a[href]");
    if (link?.host && link.host !== location.host) send("outbound", { props: { url: link.href.slice(0, 2000) } });
  }, true);
  window.streamgauge = (name, props, revenue) => send(name, { props, revenue });
  document.prerendering ? document.addEventListener("prerenderingchange", view, { once: true }) : view();
})();
</script>`;
}

/** An event that is fine. @param {string} site */
export function goodEvent(site) {
  return { site, name: "pageview", url: "/hello", props: { from: "inspector" } };
}

/** An event in which two fields are wrong. @param {string} site */
export function badEvent(site) {
  return { site, name: "pageview", url: 404, revenue: { amount: "12.50", currency: "euro" } };
}
