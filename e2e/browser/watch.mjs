// An eye on what a page must never do.

/** Watches every page of the browser context: hosts that were asked, complaints on the console, dialogs. */
export function watch(context, origin) {
  const seen = { otherHosts: new Set(), complaints: [], dialogs: [], mayLoseServer: false };
  context.on("request", (request) => {
    const url = new URL(request.url());
    if (url.protocol.startsWith("http") && url.origin !== origin) seen.otherHosts.add(url.origin);
  });
  context.on("console", (message) => {
    const text = message.text();
    if (!["error", "warning"].includes(message.type())) return;
    if (seen.mayLoseServer && text.includes("net::ERR_")) return;
    seen.complaints.push(`${message.type()}: ${text} ${message.location().url}`);
  });
  context.on("weberror", (error) => seen.complaints.push(String(error.error())));
  context.on("dialog", (dialog) => {
    seen.dialogs.push(dialog.message());
    return dialog.dismiss();
  });
  return seen;
}
