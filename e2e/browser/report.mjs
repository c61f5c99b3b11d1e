// What a page check tells the Go test that runs it: one JSON object a line on standard output.

const tell = (line) => console.log(JSON.stringify(line));

let failed = false;

/** Runs a check and tells whether it held. Later checks run all the same: they may tell more. */
export async function check(name, body) {
  try {
    await body();
    tell({ check: name, ok: true });
  } catch (error) {
    failed = true;
    tell({ check: name, ok: false, why: String(error.stack ?? error) });
  }
}

/** Tells a measured figure. */
export function measured(name, value) {
  tell({ measured: name, value: String(value) });
}

/** The exit code: 1 when a check did not hold. */
export function exitCode() {
  return failed ? 1 : 0;
}
