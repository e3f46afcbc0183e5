import { Fault } from "../model/faults.ts";
import { noEmbedding, type EmbeddingUse } from "../model/summary.ts";
import { vectorProblem } from "../model/vector.ts";
import type {
  Clock,
  EmbedAnswer,
  Embedder,
  EmbedInput,
  Events,
  StopSignals,
  TokenCounter,
} from "../ports.ts";
import { fitToLimit, splitIntoRequests, type PreparedText } from "./batches.ts";
import { retryWaitMs } from "./retry.ts";

export type EmbedDeps = {
  embedder: Embedder;
  tokens: () => Promise<TokenCounter>;
  clock: Clock;
  events: Pick<Events, "waiting">;
};

/** What became of one text: a vector, a fault of its own (`record`), or one that it cannot help. */
export type Embedded = { vector: Float32Array; truncated: boolean } | { fault: Fault };

export type EmbedResult = {
  /** By text hash; a text without an entry was not sent. */
  byHash: Map<string, Embedded>;
  use: EmbeddingUse;
  /** What ended the sending before all texts had their turn. */
  fault?: Fault;
};

/** Embeds texts, each once, one request after the other. Never throws a Fault. */
export async function embedTexts(
  deps: EmbedDeps,
  inputs: readonly (EmbedInput & { hash: string })[],
  stop: StopSignals,
): Promise<EmbedResult> {
  const { embedder, tokens } = deps;
  const run: Run = {
    ...deps,
    stop,
    byHash: new Map(),
    use: noEmbedding(embedder.pricePerMillionTokens),
    accepted: false,
  };
  const texts: PreparedText[] = [];
  for (const input of inputs) texts.push(await fitToLimit(input, embedder.limits, tokens));
  for (const request of await splitIntoRequests(texts, embedder.limits, tokens)) {
    if (stop.requested.aborted) break;
    const fault = (await embedRequest(run, request)) ?? (await whenAllRefused(run, request));
    if (fault) return { byHash: run.byHash, use: run.use, fault };
  }
  return { byHash: run.byHash, use: run.use };
}

type Run = EmbedDeps & {
  stop: StopSignals;
  byHash: Map<string, Embedded>;
  use: EmbeddingUse;
  /** True once any text was answered: the embedder as such is in order. */
  accepted: boolean;
};

/** Sends one request; a refused one is halved until the text that is refused stands alone. */
async function embedRequest(run: Run, texts: readonly PreparedText[]): Promise<Fault | undefined> {
  try {
    await takeAnswer(run, texts, await sendWithRetries(run, texts));
    return undefined;
  } catch (error) {
    if (!(error instanceof Fault)) throw error;
    if (error.kind !== "record") return error;
    const [first] = texts;
    if (texts.length === 1 && first) {
      run.byHash.set(first.hash, { fault: error });
      return undefined;
    }
    const middle = Math.ceil(texts.length / 2);
    for (const half of [texts.slice(0, middle), texts.slice(middle)]) {
      if (run.stop.requested.aborted) return undefined;
      const fault = await embedRequest(run, half);
      if (fault) return fault;
    }
    return undefined;
  }
}

/**
 * Where every text of a request was refused, a harmless one decides whether the texts are to blame. If it is refused too,
 * none of them is.
 */
async function whenAllRefused(
  run: Run,
  texts: readonly PreparedText[],
): Promise<Fault | undefined> {
  const { byHash, embedder, stop, use } = run;
  if (run.accepted || stop.requested.aborted) return undefined;
  try {
    use.requests++;
    const { tokens } = await embedder.embed([PROBE], stop.embedding);
    run.accepted = true;
    bill(run, tokens ?? 0);
    return undefined;
  } catch (error) {
    if (!(error instanceof Fault)) throw error;
    for (const { hash } of texts) byHash.delete(hash);
    if (error.kind !== "record") return error;
    const message = `${embedder.name} refuses every text: ${error.message}`;
    const { hint } = error;
    return new Fault("configuration", message, hint === undefined ? {} : { hint });
  }
}

const PROBE: EmbedInput = { text: "connection refused", logId: "probe" };

async function sendWithRetries(run: Run, texts: readonly PreparedText[]): Promise<EmbedAnswer> {
  const { embedder, stop, clock, events } = run;
  for (let retries = 0; ; retries++) {
    try {
      run.use.requests++;
      return await embedder.embed(texts, stop.embedding);
    } catch (error) {
      const waitMs = error instanceof Fault ? retryWaitMs(error, retries) : undefined;
      if (!(error instanceof Fault) || waitMs === undefined || stop.requested.aborted) throw error;
      events.waiting({ fault: error, waitMs });
      await clock.sleep(waitMs, stop.requested);
      if (stop.requested.aborted) throw error;
    }
  }
}

/** Counts what was billed, then checks every vector before it is believed. */
async function takeAnswer(run: Run, texts: readonly PreparedText[], answer: EmbedAnswer) {
  const { embedder, use, byHash } = run;
  run.accepted = true;
  use.texts += texts.length;
  bill(run, answer.tokens ?? (await countTokens(run, texts)));
  texts.forEach(({ hash, truncated }, i) => {
    const vector = answer.vectors[i];
    if (!vector) {
      byHash.set(hash, { fault: unusable(embedder, "no vector for this text") });
      return;
    }
    const problem = vectorProblem(vector, embedder.dimensions);
    if (problem) byHash.set(hash, { fault: unusable(embedder, `a vector with ${problem}`) });
    else byHash.set(hash, { vector, truncated });
  });
}

function bill({ use, embedder }: Run, tokens: number): void {
  use.tokens += tokens;
  if (use.cost_usd !== null && embedder.pricePerMillionTokens !== null) {
    use.cost_usd += (tokens * embedder.pricePerMillionTokens) / 1e6;
  }
}

async function countTokens({ tokens }: Run, texts: readonly PreparedText[]): Promise<number> {
  const counter = await tokens();
  return texts.reduce((sum, { text }) => sum + counter.count(text), 0);
}

function unusable({ name }: Embedder, what: string): Fault {
  return new Fault("outage", `${name} answered ${what}`);
}
