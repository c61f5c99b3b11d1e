// The server's clock: the reader's own may be wrong.

let ahead = 0; // of the server's clock before ours

/** Sets the clock by what the server says the time is. @param {number} now  in Unix milliseconds */
export function setClock(now) {
  ahead = now - Date.now();
}

/** The time of the server, in Unix milliseconds. */
export function serverNow() {
  return Date.now() + ahead;
}
