import type { ExplainAnswer } from "../../analysis/explanation/explain-answer.ts";
import type { ExplainDeps, ModelParts, Progress } from "../../analysis/explanation/explain.ts";
import type { Subject } from "../../analysis/explanation/gather-evidence.ts";
import type { Config } from "../../config/config.ts";
import type { Clock } from "../../ports/clock.ts";
import type { Events } from "../../ports/events.ts";
import type { StateStore } from "../../ports/state-store.ts";
import type { Tracer } from "../../ports/tracer.ts";
import type { JoinedStore } from "../../pipeline/joined-store.ts";
import { tracedFetch } from "../../telemetry/tracer.ts";

import { groupsDeps, type GroupParts } from "./groups.ts";
import { toShownBy, type Search, type WordSearch } from "./search.ts";

/** Throws a SearchRefused, or a Fault. */
export type Explain = (
  subject: Subject,
  signal: AbortSignal,
  progress?: Progress,
) => Promise<ExplainAnswer>;

type Parts = GroupParts & {
  store: JoinedStore;
  state: StateStore;
  events: Events;
  tracer: Tracer;
  /** Whether `search` can be opened. */
  hasEmbedder: boolean;
  search(): Promise<Search>;
  wordSearch(): Promise<WordSearch>;
};

/** Records that are like a text. */
const LIKE_TEXT = 10;

/** What it has open is released with `stack`. */
export async function openExplain(
  config: Config,
  { hasEmbedder, search, wordSearch, tracer, ...parts }: Parts,
  stack: AsyncDisposableStack,
): Promise<Explain> {
  const [{ explain }, groups, llm] = await Promise.all([
    import("../../analysis/explanation/explain.ts"),
    groupsDeps({ ...parts, toShown: toShownBy(config, config.explain.redaction) }),
    openModel(config, { ...parts, tracer }, stack),
  ]);
  const deps: ExplainDeps = {
    ...groups,
    store: parts.store,
    language: config.explain.language,
    llm,
    async find(text, signal, time = {}) {
      const query = { ...time, text, limit: LIKE_TEXT };
      const stop = { requested: signal, embedding: signal, everything: signal };
      if (!hasEmbedder) return (await wordSearch())({ ...query, mode: "words" }, stop);
      return (await search()).search({ ...query, mode: "both" }, stop);
    },
  };
  return (subject, signal, progress) => explain(deps, subject, signal, progress);
}

/** The model that the settings name, within its limits; undefined where none is. */
async function openModel(
  { explain: { model: chosen }, limits: { usdPerDay } }: Config,
  { state, clock, tracer }: { state: StateStore; clock: Clock; tracer: Tracer },
  stack: AsyncDisposableStack,
): Promise<ModelParts | undefined> {
  if (!chosen) return undefined;
  const [{ createOpenAiChat }, { createEmbedderLimits }, limited] = await Promise.all([
    import("../../adapters/openai/openai-chat.ts"),
    import("../../limits/embedder-limits.ts"),
    import("../../limits/limited-model.ts"),
  ]);
  const { name, send, ...options } = chosen;
  const model = createOpenAiChat({ ...options, model: name, fetch: tracedFetch(tracer) });
  const limits = createEmbedderLimits({
    state,
    clock,
    // What fails is told with the answer.
    events: { waiting() {}, breakerOpened() {}, breakerClosed() {} },
    limits: { maxConcurrentRequests: 4, ...(usdPerDay === undefined ? {} : { usdPerDay }) },
    price: limited.budgetPrice(model),
    breakerName: "llm-breaker",
  });
  await limits.load();
  stack.defer(() => limits.flush());
  return {
    model: name,
    send,
    ask: (question, signal) => limited.askWithinLimits(model, limits, question, signal),
    cost: (tokens) => limited.costOfReply(model, tokens),
  };
}
