// The values of a property of events. Which properties there are the server knows of the last weeks; older ones the reader may name.

import { useEffect, useRef, useState } from "preact/hooks";
import { html } from "../html.js";
import { choice, choose, chooseTab } from "../state/choice.js";
import { knownID, siteID } from "../state/sites.js";
import { Icon } from "../ui/Icon.js";
import { propertyListing } from "./cards.js";
import { Listing } from "./Listing.js";
import { knownProperties, learnProperties, rememberProperties } from "./properties.js";

export function PropertiesCard() {
  const site = knownID.value;
  useEffect(() => {
    if (!site) return;
    const control = new AbortController();
    learnProperties(site, control.signal);
    return () => control.abort();
  }, [site]);
  const chosen = choice.value.tabs.properties ?? "";
  const keys = [...new Set([...knownProperties(siteID.value), ...(chosen ? [chosen] : [])])].sort();
  const key = chosen || keys[0] || "";
  const spec = key ? propertyListing(key) : null;
  return html`<section class="card list-card" id="properties" aria-labelledby="properties-title">
    <header class="card-head">
      <h2 id="properties-title">Properties</h2>
      ${keys.length > 0 && html`<label class="unseen" for="property">Property</label>
        <select id="property" class="field small" value=${key} onChange=${(/** @type {Event} */ e) => chooseTab("properties", /** @type {HTMLSelectElement} */ (e.target).value)}>
          ${keys.map((k) => html`<option key=${k} value=${k}>${k}</option>`)}
        </select>`}
      <${AddKey} />
      ${spec && html`<button type="button" class="button quiet" title="All rows" aria-label="All values of ${key}" onClick=${() => choose({ list: spec.dimension })}><${Icon} name="expand" /></button>`}
    </header>
    ${spec ? html`<${Listing} key=${key} spec=${spec} />` : html`<p class="nothing">Events can carry properties, such as a plan or a size.<br />Name one to see its values.</p>`}
  </section>`;
}

function AddKey() {
  const [open, setOpen] = useState(false);
  const button = useRef(/** @type {HTMLElement | null} */ (null));
  const wasOpen = useRef(false);
  useEffect(() => {
    if (wasOpen.current && !open) button.current?.focus();
    wasOpen.current = open;
  }, [open]);
  /** @param {SubmitEvent} event */
  function submit(event) {
    event.preventDefault();
    const key = String(new FormData(/** @type {HTMLFormElement} */ (event.target)).get("key") ?? "").trim();
    if (key) {
      rememberProperties(siteID.value, [key]);
      chooseTab("properties", key);
    }
    setOpen(false);
  }
  if (!open) return html`<button type="button" class="button quiet" ref=${button} title="Another property" aria-label="Another property" onClick=${() => setOpen(true)}><${Icon} name="plus" /></button>`;
  return html`<form class="add-key" onSubmit=${submit}>
    <input class="field small" name="key" aria-label="Name of the property" placeholder="name" maxlength="300" autocomplete="off" spellcheck=${false} ref=${(/** @type {HTMLElement | null} */ e) => e?.focus()}
      onKeyDown=${(/** @type {KeyboardEvent} */ e) => e.key === "Escape" && (e.stopPropagation(), setOpen(false))} />
  </form>`;
}
