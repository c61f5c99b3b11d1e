// Work that is done in slices, so that whoever reads or types is not kept waiting for all of it.

/** @type {(() => void)[]} */
const resting = [];
const { port1, port2 } = new MessageChannel();
port1.onmessage = () => resting.shift()?.();

/** Lets others have the thread. @returns {Promise<void>} */
export function rest() {
  return new Promise((done) => {
    resting.push(done);
    port2.postMessage(null);
  });
}
