import type { Overview } from "../../status/overview/overview.ts";
import { gapsLine } from "../../domain/partial.ts";
import { textlessFrom, textlessLine } from "../../domain/textless.ts";
import { html, NONE, type Html } from "../html.ts";
import { otherDimensionsLine, otherModelsLine } from "../../domain/other-models.ts";
import { panel } from "./panel.ts";
import type { MaybeView } from "./view.ts";
import { ago, countdown, counted, sentence, withCode } from "./words.ts";

type Item = {
  name: string;
  message: string;
  hint?: string | undefined;
  since?: string | undefined;
  until?: string | undefined;
  bad: boolean;
};

const NAMES = { opensearch: "OpenSearch", embedder: "Embedder", kafka: "Kafka" } as const;
const TROUBLES: Record<Overview["troubles"][number]["what"], string> = {
  source: "Kafka cannot be read",
  paused: "The tail waits",
  dead_letters: "Dead letters cannot be written",
  index: "An index is paused",
  budget: "The budget is spent",
  limit: "Asked to slow down",
  state: "The state directory cannot be written",
  log_file: "The log file cannot be written",
};
const UNUSUAL = {
  select: "Finding records is slower than usual",
  embed: "Embedding is slower than usual",
  write: "Writing is slower than usual",
  cycle: "Cycles take longer than usual",
  search: "Search is slower than usual",
  errors: "More fails than usual",
} as const;
const NAMED = 3;

/** What is wrong, since when, and what to do about it; hidden where nothing is. */
export function attentionPanel(view: MaybeView): Html {
  const items = view ? itemsOf(view.overview) : [];
  if (items.length === 0) return html`<section id="attention" hidden></section>`;
  return panel({
    id: "attention",
    title: "Needs attention",
    className: "wide",
    body: html`<ul class="items">
      ${items.map(shown)}
    </ul>`,
  });
}

function shown({ name, message, hint, since, until, bad }: Item): Html {
  return html`<li class="${bad ? "is-bad" : "is-wait"}">
    <h3>${name}</h3>
    <p class="said">${withCode(sentence(message))}</p>
    ${hint === undefined ? NONE : html`<p class="hint">${withCode(sentence(hint))}</p>`}
    ${since === undefined ? NONE : html`<p class="when">Since ${ago(since)}</p>`}
    ${until === undefined ? NONE : html`<p class="when">Goes on ${countdown(until)}</p>`}
  </li>`;
}

function itemsOf(overview: Overview): Item[] {
  const { coverage, coverage_error: uncounted, dependencies, troubles } = overview;
  const breaker = coverage?.breaker;
  const down = dependencies.flatMap(({ name, error }): Item[] =>
    error && !(name === "embedder" && breaker)
      ? [
          {
            name: `${NAMES[name]} ${error.kind === "outage" ? "does not answer" : "refuses"}`,
            ...error,
            bad: true,
          },
        ]
      : [],
  );
  const refusing: Item[] = breaker
    ? [{ name: "The embedder refuses every request", ...breaker, bad: true }]
    : [];
  const open = troubles.map(({ what, which, ...rest }): Item => ({
    name: which === "" ? TROUBLES[what] : `${TROUBLES[what]}: ${which}`,
    ...rest,
    bad: what === "dead_letters" || what === "source",
  }));
  const uncountedItem: Item[] =
    uncounted && !dependencies.some(({ name, ready }) => name === "opensearch" && !ready)
      ? [{ name: "Records cannot be counted", message: uncounted.message, bad: true }]
      : [];
  const unusual = overview.anomalies.map(({ series, sentence: message }): Item => {
    return { name: UNUSUAL[series], message, bad: false };
  });
  return [
    ...down,
    ...refusing,
    ...uncountedItem,
    ...otherVectors(coverage),
    ...withoutText(coverage),
    ...open,
    ...unusual,
    ...partial(coverage),
  ];
}

/** Vectors that search does not compare with those of the model in force. */
function otherVectors(coverage: Overview["coverage"]): Item[] {
  if (!coverage) return [];
  const { other_models: others, unfit, model } = coverage;
  const lengths = otherDimensionsLine(unfit, model);
  return [
    ...(others ? [{ name: "Vectors of another model", message: otherModelsLine(others) }] : []),
    ...(lengths === undefined ? [] : [{ name: "Vectors of another length", message: lengths }]),
  ].map((item) => ({ ...item, bad: false }));
}

/** Indices in which the text is looked for where there is none. */
function withoutText(coverage: Overview["coverage"]): Item[] {
  const textless = textlessFrom(coverage?.textless ?? []);
  if (textless.length === 0) return [];
  const verb = textless.length === 1 ? "has" : "have";
  const name = `${counted(textless.length, "index")} ${verb} no text`;
  return [{ name, message: textlessLine(textless), bad: false }];
}

/** What is searched and counted only in part. */
function partial(coverage: Overview["coverage"]): Item[] {
  if (!coverage) return [];
  const { gaps, unfit } = coverage;
  const unseen = gapsLine(gaps);
  const partly: Item[] =
    unseen === undefined
      ? []
      : [
          {
            name: `${counted(new Set(gaps.map(({ index }) => index)).size, "index")} cannot be seen in whole`,
            message: `${unseen}. What is there is not counted, and its records wait`,
            hint: "GET _cluster/allocation/explain on OpenSearch says what keeps a shard away.",
            bad: false,
          },
        ];
  const left = [...Map.groupBy(unfit, ({ reason }) => reason)].map(([reason, all]): Item => {
    const names = all.slice(0, NAMED).map(({ index }) => index);
    const rest = all.length > names.length ? ` and ${all.length - names.length} more` : "";
    const fix = all.find((one) => one.fix !== undefined)?.fix;
    const verb = all.length === 1 ? "is" : "are";
    return {
      name: `${counted(all.length, "index")} ${verb} left alone`,
      message: `${names.join(", ")}${rest}: ${reason}`,
      hint: fix,
      bad: false,
    };
  });
  return [...partly, ...left];
}
