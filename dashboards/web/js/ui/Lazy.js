// A component whose module is loaded when it is first shown.

import { useEffect, useState } from "preact/hooks";
import { html } from "../html.js";
import { Failure } from "./Failure.js";

/**
 * Returns a component that loads the module and shows its default export. What waits is shown meanwhile.
 * @param {() => Promise<{ default: import("preact").FunctionComponent<any> }>} load @param {unknown} [waits]
 */
export function lazy(load, waits = null) {
  /** @type {import("preact").FunctionComponent<any> | null} */
  let Loaded = null;
  return function Lazy(/** @type {any} */ props) {
    const [fault, setFault] = useState(/** @type {unknown} */ (null));
    const [, setLoaded] = useState(Loaded !== null);
    useEffect(() => {
      if (!Loaded) load().then((module) => (Loaded = module.default, setLoaded(true)), setFault);
    }, []);
    if (fault) return html`<${Failure} fault=${fault} />`;
    return Loaded ? html`<${Loaded} ...${props} />` : waits;
  };
}
