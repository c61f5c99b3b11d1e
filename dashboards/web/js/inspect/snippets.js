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

/** An event that is fine. @param {string} site */
export function goodEvent(site) {
  return { site, name: "pageview", url: "/hello", props: { from: "inspector" } };
}

/** An event in which two fields are wrong. @param {string} site */
export function badEvent(site) {
  return { site, name: "pageview", url: 404, revenue: { amount: "12.50", currency: "euro" } };
}
