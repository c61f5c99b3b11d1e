// A road to the server on which nothing streams, as behind API Gateway.

import http from "node:http";

/** Listens on a free port of loopback and passes requests on to the server at the URL, but those for streams: they are not there. */
export async function startGateway(target) {
  const { hostname, port } = new URL(target);
  const snapshots = []; // HTTP's status of each, in their order
  const listener = http.createServer((request, response) => {
    const { pathname } = new URL(request.url, target);
    if (pathname === "/api/v1/live") {
      response.writeHead(404, { "content-type": "application/json" }).end('{"error":{"code":"not_found","message":"There is no such path."}}');
      return;
    }
    const on = http.request({ hostname, port, path: request.url, method: request.method, headers: request.headers }, (answer) => {
      if (pathname === "/api/v1/live/snapshot") snapshots.push(answer.statusCode);
      response.writeHead(answer.statusCode, answer.headers);
      answer.pipe(response);
    });
    on.on("error", () => response.destroy());
    request.pipe(on);
  });
  await new Promise((listening) => listener.listen(0, "127.0.0.1", listening));
  return {
    url: `http://127.0.0.1:${listener.address().port}`,
    snapshots,
    close() {
      listener.closeAllConnections();
      return new Promise((closed) => listener.close(closed));
    },
  };
}
