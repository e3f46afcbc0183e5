import { Fault } from "../domain/faults.ts";
import { noEmbedding, type EmbeddingUse } from "../domain/summary.ts";
import type { Clock } from "../ports/clock.ts";
import type { Embedder, EmbedInput, TokenCounter } from "../ports/embedder.ts";
import type { Events } from "../ports/events.ts";
import type { StopSignals } from "../ports/stop-signals.ts";
import type { Admission } from "../limits/embedder-limits.ts";
import { ask, sendProbe, takeAnswer } from "./ask.ts";
import { blame, mayBeOfOneText, takeBack, whenAway } from "./blame.ts";
import { fitToLimit, sizeTexts, splitIntoRequests } from "./batches.ts";
import type { PreparedText, SizedText } from "./batches.ts";
import { retryWaitMs } from "./retry.ts";

export type EmbedDeps = {
  embedder: Embedder;
  /** Is asked before each request. */
  admission: Admission;
  tokens: () => Promise<TokenCounter>;
  clock: Clock;
  events: Pick<Events, "waiting" | "budgetReached" | "textsAnswered" | "callRepeated">;
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
    heardOf: false,
    failedInARow: 0,
  };
  const texts: PreparedText[] = [];
  for (const input of inputs) texts.push(await fitToLimit(input, embedder.limits, tokens));
  const sized = await sizeTexts(texts, embedder, admission.tokensLeft(), tokens);
  for (const request of splitIntoRequests(sized, embedder.limits)) {
    if (stop.requested.aborted) break;
    const fault =
      (await embedAll(run, request)) ??
      // Those refused right before it went away, now that it is back.
      (await embedAll(run, withoutAnswer(run, request))) ??
      (await whenAllRefused(run));
    takeBack(run);
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
  /** Whether anything was answered since the last doubt that the embedder is there. */
  heardOf: boolean;
  /** Texts that it failed at, one after the other, with none answered between. */
  failedInARow: number;
  /** That a budget is used up, where it is to be told. */
  news?: { resumesAt?: Date } | undefined;
};

function withoutAnswer({ byHash }: Run, texts: readonly SizedText[]): SizedText[] {
  return texts.filter(({ hash }) => !byHash.has(hash));
}

/** How often a request is sent that fails though it may be nobody's fault: halves of one that did are not repeated. */
type Tries = "several" | "one";

/** Sends texts that fit into one request: as many at once as may be sent now, the others after them. */
async function embedAll(
  run: Run,
  texts: readonly SizedText[],
  tries: Tries = "several",
): Promise<Fault | undefined> {
  const { stop } = run;
  let left = texts;
  let retries = 0;
  while (left.length > 0 && !stop.requested.aborted) {
    const { sent, fault } = await sendSome(run, left);
    if (fault && fault.kind !== "record") {
      if (sent.size === 0 || stop.requested.aborted) return fault;
      // What was refused shortly before it went away may have been refused for that.
      if (fault.kind === "outage") takeBack(run);
      const once = tries === "one" && mayBeOfOneText(fault);
      const waitMs = once ? undefined : retryWaitMs(fault, retries++);
      if (waitMs !== undefined) {
        if (await waited(run, fault, waitMs)) continue;
        return fault;
      }
      if (!mayBeOfOneText(fault)) return fault;
      if (tries === "several") run.heardOf = false;
      const away = await whenAway(run, fault);
      if (away) return away;
    }
    const ended = fault ? await halve(run, [...sent], fault, tries) : undefined;
    if (ended) return ended;
    left = left.filter((text) => !sent.has(text));
    retries = 0;
  }
  return undefined;
}

/** False where a stop cut the wait short. */
async function waited({ stop, clock, events }: Run, fault: Fault, waitMs: number) {
  events.waiting({ fault, waitMs });
  await clock.sleep(waitMs, stop.requested);
  if (stop.requested.aborted) return false;
  events.callRepeated({ target: "embedder", times: 1 });
  return true;
}

/** A request that is refused, or fails though the embedder is there, is halved until the text it is for stands alone. */
async function halve(
  run: Run,
  texts: readonly SizedText[],
  fault: Fault,
  tries: Tries,
): Promise<Fault | undefined> {
  const [first] = texts;
  if (texts.length === 1 && first) return blame(run, first, fault);
  const middle = Math.ceil(texts.length / 2);
  const next = fault.kind === "record" ? tries : "one";
  return (
    (await embedAll(run, texts.slice(0, middle), next)) ??
    (await embedAll(run, texts.slice(middle), next))
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
    run.failedInARow = 0;
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
async function whenAllRefused(run: Run): Promise<Fault | undefined> {
  if (run.accepted || run.stop.requested.aborted) return undefined;
  return sendProbe(run);
}
