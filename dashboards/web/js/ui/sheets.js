// Stylesheets that only some views need.

/** @type {Map<string, Promise<unknown>>} */
const worn = new Map();

/** Adds stylesheets to the page, each once, and waits until they are there. @param {string[]} addresses */
export function wearSheets(addresses) {
  return Promise.all(addresses.map((address) => {
    if (!worn.has(address)) worn.set(address, wear(address));
    return worn.get(address);
  }));
}

/** @param {string} address */
function wear(address) {
  return new Promise((done, fail) => {
    const link = document.createElement("link");
    link.rel = "stylesheet";
    link.href = address;
    link.onload = done;
    link.onerror = () => fail(new Error("A part of the page could not be loaded."));
    document.head.append(link);
  });
}
