// The page as it stands, markup and sheet as two files that ask and run nothing: what a browser does with these is the floor of what the page can do.

import { createServer } from "node:http";

/** Takes the page as it stands. */
export async function copyOf(page) {
  const address = await page.evaluate(() => document.querySelector("link[rel=stylesheet]").href);
  const sheet = await (await page.request.get(address)).body();
  const markup = (await page.content()).replace(/<script[^]*?<\/script>|<link[^>]*>/g, "").replace("</head>", '<link rel="stylesheet" href="/sheet.css"></head>');
  return { sheet, markup };
}

/** Serves a copy, until it is closed. */
export async function serve({ sheet, markup }) {
  const server = createServer((request, response) => {
    const isSheet = request.url === "/sheet.css";
    response.setHeader("content-type", isSheet ? "text/css" : "text/html; charset=utf-8").end(isSheet ? sheet : markup);
  });
  await new Promise((done) => server.listen(0, "127.0.0.1", done));
  return {
    address: `http://127.0.0.1:${server.address().port}/`,
    async close() {
      server.closeAllConnections();
      await new Promise((done) => server.close(done));
    },
  };
}
