import { Fault } from "../model/faults.ts";
import { noEmbedding, type EmbeddingUse } from "../model/summary.ts";
import type { Clock, Embedder, EmbedInput, Events, StopSignals, TokenCounter } from "../ports.ts";
import type { Admission } from "../guard/guard.ts";
import { ask, sendProbe, takeAnswer } from "./ask.ts";
import { fitToLimit, sizeTexts, splitIntoRequests } from "./batches.ts";
import type { PreparedText, SizedText } from "./batches.ts";
import { retryWaitMs } from "./retry.ts";

export type EmbedDeps = {
  embedder: Embedder;
  /** Is asked before each request. */
  admission: Admission;
  tokens: () => Promise<TokenCounter>;
  clock: Clock;
  events: Pick<Events, "waiting" | "budgetReached">;
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

/** Is handed what has come so far, before more is paid for; its fault ends the sending. */
export type Interim = (byHash: ReadonlyMap<string, Embedded>) => Promise<Fault | undefined>;

/** Embeds texts, each once, one request after the other. Never throws a Fault. */
export async function embedTexts(
  deps: EmbedDeps,
  inputs: readonly (EmbedInput & { hash: string })[],
  stop: StopSignals,
  interim?: Interim,
): Promise<EmbedResult> {
  const { embedder, tokens, admission } = deps;
  const run: Run = {
    ...deps,
    stop,
    interim,
    fresh: false,
    byHash: new Map(),
    use: noEmbedding(embedder.pricePerMillionTokens),
    accepted: false,
  };
  const texts: PreparedText[] = [];
  for (const input of inputs) texts.push(await fitToLimit(input, embedder.limits, tokens));
  const sized = await sizeTexts(texts, embedder, admission.tokensLeft(), tokens);
  for (const request of splitIntoRequests(sized, embedder.limits)) {
    if (stop.requested.aborted) break;
    const fault = (await embedAll(run, request)) ?? (await whenAllRefused(run, request));
    if (!fault) continue;
    const unsent = inputs.length - run.byHash.size;
    if (run.news) deps.events.budgetReached({ fault, texts: unsent, ...run.news });
    return { byHash: run.byHash, use: run.use, fault };
  }
  return { byHash: run.byHash, use: run.use };
}

/** The texts of one batch on their way. */
export type Run = EmbedDeps & {
  stop: StopSignals;
  interim: Interim | undefined;
  /** True where vectors have come that nobody was handed yet. */
  fresh: boolean;
  byHash: Map<string, Embedded>;
  use: EmbeddingUse;
  /** True once any text was answered: the embedder as such is in order. */
  accepted: boolean;
  /** That a budget is used up, where it is to be told. */
  news?: { goesOnAt?: Date } | undefined;
};

/** Sends texts that fit into one request: as many at once as may be sent now, the others after them. */
async function embedAll(run: Run, texts: readonly SizedText[]): Promise<Fault | undefined> {
  const { stop, clock, events } = run;
  let left = texts;
  let retries = 0;
  while (left.length > 0 && !stop.requested.aborted) {
    const { sent, fault } = await sendSome(run, left);
    if (fault && fault.kind !== "record") {
      const waitMs = sent.size > 0 ? retryWaitMs(fault, retries++) : undefined;
      if (waitMs === undefined || stop.requested.aborted) return fault;
      events.waiting({ fault, waitMs });
      await clock.sleep(waitMs, stop.requested);
      if (stop.requested.aborted) return fault;
      continue;
    }
    const ended = fault ? await halve(run, [...sent], fault) : undefined;
    if (ended) return ended;
    left = left.filter((text) => !sent.has(text));
    retries = 0;
  }
  return undefined;
}

/** A refused request is halved until the text that is refused stands alone. */
async function halve(
  run: Run,
  texts: readonly SizedText[],
  refusal: Fault,
): Promise<Fault | undefined> {
  const [first] = texts;
  if (texts.length === 1 && first) {
    run.byHash.set(first.hash, { fault: refusal });
    return undefined;
  }
  const middle = Math.ceil(texts.length / 2);
  return (
    (await embedAll(run, texts.slice(0, middle))) ?? (await embedAll(run, texts.slice(middle)))
  );
}

/** One request with as many of the texts as may be sent; none of them where it may not be sent at all. */
async function sendSome(
  run: Run,
  texts: readonly SizedText[],
): Promise<{ sent: ReadonlySet<SizedText>; fault?: Fault }> {
  const unwritten = await handOver(run);
  if (unwritten) return { sent: NONE, fault: unwritten };
  const permit = await run.admission.admit(
    texts.map(({ atMost }) => atMost),
    run.stop.requested,
  );
  if (!permit) return { sent: NONE };
  if (!("texts" in permit)) {
    run.news = permit.news;
    return { sent: NONE, fault: permit.fault };
  }
  const sent = permit.texts.flatMap((place) => texts[place] ?? []);
  try {
    const answer = await ask(run, sent.map(inputOf), permit);
    takeAnswer(run, sent, answer);
    return { sent: new Set(sent) };
  } catch (error) {
    if (!(error instanceof Fault)) throw error;
    return { sent: new Set(sent), fault: error };
  }
}

async function handOver(run: Run): Promise<Fault | undefined> {
  if (!run.fresh) return undefined;
  run.fresh = false;
  return run.interim?.(run.byHash);
}

function inputOf({ text, logId, traceId }: SizedText): EmbedInput {
  return { text, logId, ...(traceId === undefined ? {} : { traceId }) };
}

const NONE: ReadonlySet<SizedText> = new Set();

/**
 * Where every text of a request was refused, a harmless one decides whether the texts are to blame. If it is refused too,
 * none of them is.
 */
async function whenAllRefused(run: Run, texts: readonly SizedText[]): Promise<Fault | undefined> {
  if (run.accepted || run.stop.requested.aborted) return undefined;
  const fault = await sendProbe(run);
  if (fault) for (const { hash } of texts) run.byHash.delete(hash);
  return fault;
}
