import type { Dependency } from "../../status/readiness.ts";
import { count, duration } from "../../telemetry/phrases.ts";
import { html, type Html } from "../html.ts";
import { empty, panel } from "./panel.ts";
import type { MaybeView } from "./view.ts";
import { ago } from "./words.ts";

/** Those that this process needs, and whether they answer. */
export function connectionsPanel(view: MaybeView): Html {
  return panel({
    id: "connections",
    title: "Connections",
    body: view
      ? html`<ul class="connections">
          ${view.overview.dependencies.map((one) => connection(one, view))}
        </ul>`
      : empty("Looking…"),
  });
}

function connection(one: Dependency, { overview: { embedder } }: NonNullable<MaybeView>): Html {
  const { name, ready, latency_ms: latency, last_success: last } = one;
  const shown = {
    opensearch: "OpenSearch",
    embedder: `Embedder ${embedder.name}`,
    kafka: "Kafka",
  }[name];
  const about =
    name === "embedder"
      ? html`${embedder.model}, ${count(embedder.dimensions, "dimension")} · `
      : html``;
  const took = ready && latency !== null ? `${duration(latency)} · ` : "";
  return html`<li class="${ready ? "is-good" : "is-bad"}">
    <span class="name">${shown}</span>
    <span class="answer">${answerOf(one)}</span>
    <p class="when">
      ${about}${took}${last === null ? html`not needed yet` : html`last success ${ago(last)}`}
    </p>
  </li>`;
}

function answerOf({ ready, error }: Dependency): string {
  if (ready) return "answers";
  return error?.kind === "outage" ? "does not answer" : "refuses";
}
