// The view at /_/pipeline: how the pipeline is, for those who run it.
//
// Contract of a view's module: the default export is a component that gets { route }; `sheets` are the stylesheets that it needs beside those of
// index.html, each as import.meta.resolve("../../css/NAME.css"), worn before it is shown. It stands in a Frame, starts what it follows in an
// effect and ends it there, and keeps what is chosen in route.params (address() and go() of ../route.js).

import { useEffect, useState } from "preact/hooks";
import { fetchPipeline } from "../api/pipeline.js";
import { html } from "../html.js";
import { address, go } from "../route.js";
import { usePoll } from "../state/poll.js";
import { followSites } from "../state/sites.js";
import { Failure } from "../ui/Failure.js";
import { Frame } from "../ui/Frame.js";
import { SitePick } from "../ui/SitePick.js";
import { Books } from "./Books.js";
import { Delay } from "./Delay.js";
import { Figures } from "./Figures.js";
import { healthOf } from "./health.js";
import { Letters } from "./Letters.js";
import { Shards } from "./Shards.js";
import { Throughput } from "./Throughput.js";
import { courseOf } from "./units.js";

export const knows = followSites;
export const sheets = [import.meta.resolve("../../css/panel.css"), import.meta.resolve("../../css/pipeline.css")];

const EVERY = 1_000;
const SLOWLY = 5_000; // where the course has a point a minute

/** @param {{ route: import("../route.js").Route }} props */
export default function Pipeline({ route }) {
  useEffect(() => {
    followSites();
    document.title = "Pipeline · Streamgauge";
  }, []);
  const [every, setEvery] = useState(EVERY);
  const pipeline = usePoll(fetchPipeline, every, []);
  const step = pipeline.value?.step_ms ?? 0;
  useEffect(() => setEvery(courseOf(step).isNoted ? SLOWLY : EVERY), [step]);
  const { site, params } = route;
  /** @param {string} span */
  const chooseSpan = (span) => {
    const next = new URLSearchParams(params);
    if (span === "day") next.delete("span");
    else next.set("span", span);
    go(address("pipeline", site, next), { replace: true });
  };
  return html`<${Frame}>
    <div class="view-head"><h1>Pipeline</h1><${SitePick} view="pipeline" site=${site} params=${params} /><${Health} pipeline=${pipeline} /></div>
    <div class="pipeline">
      <${Measures} pipeline=${pipeline} />
      <${Books} site=${site} span=${params.get("span") ?? "day"} onSpan=${chooseSpan} />
      ${pipeline.value && html`<${Shards} view=${pipeline.value} />`}
      <${Letters} site=${site} />
    </div>
  <//>`;
}

/** @typedef {import("../state/poll.js").Polled<import("../api/pipeline.js").PipelineView>} Known */

/** @param {{ pipeline: Known }} props */
function Health({ pipeline: { value, fault } }) {
  if (fault) return html`<span class="badge" data-tone="bad" role="status">${value ? "What follows is old: the server does not answer" : "The server does not answer"}</span>`;
  if (!value) return null;
  const { tone, text } = healthOf(value);
  return html`<span class="badge" data-tone=${tone} role="status">${text}</span>`;
}

/** @param {{ pipeline: Known }} props */
function Measures({ pipeline: { value, fault, again } }) {
  if (!value && fault) return html`<div class="card"><${Failure} first fault=${fault} again=${again} /></div>`;
  if (!value) return html`<div class="skeleton" style=${{ height: "420px" }} role="status" aria-label="Loading"></div>`;
  return html`<${Figures} view=${value} />
    <div class="two">
      ${value.missing.includes("history") ? null : html`<${Throughput} view=${value} /><${Delay} view=${value} />`}
    </div>`;
}
