// A road between the browser and the server that can be cut.

import net from "node:net";

/** Listens on a free port of loopback and passes every connection on to the server at the URL. */
export async function startProxy(target) {
  const { hostname, port } = new URL(target);
  const open = new Set();
  let isCut = false;

  const listener = net.createServer((near) => {
    if (isCut) return near.destroy();
    const far = net.connect(Number(port), hostname);
    for (const [from, to] of [[near, far], [far, near]]) {
      open.add(from);
      from.on("error", () => to.destroy());
      from.on("close", () => (open.delete(from), to.destroy()));
      from.pipe(to);
    }
  });
  await new Promise((listening) => listener.listen(0, "127.0.0.1", listening));

  return {
    url: `http://127.0.0.1:${listener.address().port}`,
    /** Breaks every connection and refuses new ones. */
    cut() {
      isCut = true;
      for (const socket of open) socket.destroy();
    },
    heal() {
      isCut = false;
    },
    close() {
      for (const socket of open) socket.destroy();
      return new Promise((closed) => listener.close(closed));
    },
  };
}
