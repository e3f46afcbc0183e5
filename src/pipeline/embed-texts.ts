import { Fault } from "../domain/faults.ts";
import type { EmbeddingUse } from "../domain/summary.ts";
import type { Clock } from "../ports/clock.ts";
import type { Embedder, EmbedInput, TokenCounter } from "../ports/embedder.ts";
import type { Events } from "../ports/events.ts";
import type { StopSignals } from "../ports/stop-signals.ts";
import type { Admission } from "../limits/guard.ts";
import { linkedAbort, type LinkedAbort } from "../concurrency/linked-abort.ts";
import { sendEmbeddingRequest, sendProbe, validateVectors } from "./send-request.ts";
import {
  rejectText,
  couldBeCausedByOneText,
  discardUnconfirmedRejections,
  confirmOutage,
} from "./bisect.ts";
import { fitToLimit, sizeTexts, splitIntoRequests } from "./split-into-requests.ts";
import type { PreparedText, SizedText } from "./split-into-requests.ts";
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

/** `use`: counts what it takes, whatever ends it. */
type EmbedRun = { stop: StopSignals; use: EmbeddingUse };

/** What became of texts, by hash; returns the fault that ended the sending. */
type Answers = AsyncGenerator<ReadonlyMap<string, Embedded>, Fault | undefined, void>;

/**
 * Embeds texts, each once, and yields what became of them as it is certain. The first request goes alone, and the others
 * only once the caller asks for more: by then the embedder has taken texts and the caller's store their vectors. Those go
 * side by side, as many as are admitted. Throws the Fault that ended the sending before all texts had their turn.
 */
export async function* embedTexts(
  deps: EmbedDeps,
  inputs: readonly (EmbedInput & { hash: string })[],
  { stop, use }: EmbedRun,
): AsyncGenerator<ReadonlyMap<string, Embedded>, void, void> {
  const { embedder, tokens, admission } = deps;
  using ending = linkedAbort(stop.requested);
  const run: Run = {
    ...deps,
    ending,
    stop: { ...stop, requested: ending.signal },
    use,
    answered: new Set(),
    rejected: new Map(),
    accepted: false,
    heardOf: false,
    failedInARow: 0,
  };
  const texts: PreparedText[] = [];
  for (const input of inputs) texts.push(await fitToLimit(input, embedder.limits, tokens));
  const sized = await sizeTexts(texts, embedder, admission.tokensLeft(), tokens);
  const requests = splitIntoRequests(sized, embedder.limits);
  const fault =
    (yield* sendAll(run, requests.slice(0, 1))) ?? (yield* sendAll(run, requests.slice(1)));
  if (run.news)
    deps.events.budgetReached({ ...run.news, texts: inputs.length - run.answered.size });
  if (fault) throw fault;
}

/** Requests of one batch that are sent or wait to be: more would only stand in line. */
const MAX_SIDE_BY_SIDE = 64;

type Step = {
  sender: Answers;
  result: IteratorResult<ReadonlyMap<string, Embedded>, Fault | undefined>;
};

/**
 * Sends requests side by side. Once one of them ends with a fault nothing more is sent; requests that wait for their answer
 * by then are paid for, so it is taken.
 */
async function* sendAll(run: Run, requests: readonly (readonly SizedText[])[]): Answers {
  const waiting = requests.map((request) => embedRequest(run, request));
  const steps = new Map<Answers, Promise<Step>>();
  const goOn = (sender: Answers | undefined) => {
    if (sender)
      steps.set(
        sender,
        sender.next().then((result) => ({ sender, result })),
      );
  };
  let fault: Fault | undefined;
  try {
    for (const sender of waiting.splice(0, MAX_SIDE_BY_SIDE)) goOn(sender);
    while (steps.size > 0) {
      const { sender, result } = await Promise.race(steps.values());
      if (!result.done) {
        yield result.value;
        goOn(sender);
        continue;
      }
      steps.delete(sender);
      if (result.value) run.ending.abort((fault ??= result.value));
      goOn(waiting.shift());
    }
    return fault;
  } finally {
    // A caller that has gone away, or a mistake of ours, ends what is still under way.
    if (steps.size > 0) run.ending.abort(fault);
    await Promise.allSettled(steps.keys().map((sender) => sender.return(undefined)));
  }
}

/** The texts of one batch on their way. */
export type Run = EmbedDeps &
  EmbedRun & {
    /** Hashes of the texts that have been yielded. */
    answered: Set<string>;
    /** By hash: faults of single texts, certain once the request that they were part of has ended. */
    rejected: Map<string, Fault>;
    /** True once any text was answered: the embedder as such is in order. */
    accepted: boolean;
    /** Whether anything was answered since the last doubt that the embedder is there. */
    heardOf: boolean;
    /** Texts that it failed at, one after the other, with none answered between. */
    failedInARow: number;
    /** Ends the sending. */
    ending: LinkedAbort;
    /** That a budget is used up, where it is to be told. */
    news?: { fault: Fault; goesOnAt?: Date } | undefined;
  };

async function* embedRequest(run: Run, texts: readonly SizedText[]): Answers {
  const fault =
    (yield* embedAll(run, texts)) ??
    // Those refused right before it went away, now that it is back.
    (yield* embedAll(run, withoutAnswer(run, texts))) ??
    (await whenAllRefused(run));
  discardUnconfirmedRejections(run);
  const rejected = [...run.rejected].map(([hash, own]) => [hash, { fault: own }] as const);
  run.rejected.clear();
  yield* answered(run, new Map(rejected));
  return fault;
}

function* answered(run: Run, answers: ReadonlyMap<string, Embedded>) {
  for (const hash of answers.keys()) run.answered.add(hash);
  if (answers.size > 0) yield answers;
}

function withoutAnswer({ answered: known, rejected }: Run, texts: readonly SizedText[]) {
  return texts.filter(({ hash }) => !known.has(hash) && !rejected.has(hash));
}

/** How often a request is sent that fails though it may be nobody's fault: halves of one that did are not repeated. */
type Tries = "several" | "one";

/** Sends texts that fit into one request: as many at once as may be sent now, the others after them. */
async function* embedAll(run: Run, texts: readonly SizedText[], tries: Tries = "several"): Answers {
  const { stop } = run;
  let left = texts;
  let retries = 0;
  while (left.length > 0 && !stop.requested.aborted) {
    const { sent, fault, answers = NO_ANSWERS } = await sendSome(run, left);
    yield* answered(run, answers);
    if (fault && fault.kind !== "record") {
      if (sent.size === 0 || stop.requested.aborted) return fault;
      // What was refused shortly before it went away may have been refused for that.
      if (fault.kind === "outage") discardUnconfirmedRejections(run);
      const once = tries === "one" && couldBeCausedByOneText(fault);
      const waitMs = once ? undefined : retryWaitMs(fault, retries++);
      if (waitMs !== undefined) {
        if (await waited(run, fault, waitMs)) continue;
        return fault;
      }
      if (!couldBeCausedByOneText(fault)) return fault;
      if (tries === "several") run.heardOf = false;
      const away = await confirmOutage(run, fault);
      if (away) return away;
    }
    const ended = fault ? yield* halve(run, [...sent], fault, tries) : undefined;
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
async function* halve(run: Run, texts: readonly SizedText[], fault: Fault, tries: Tries): Answers {
  const [first] = texts;
  if (texts.length === 1 && first) return rejectText(run, first, fault);
  const middle = Math.ceil(texts.length / 2);
  const next = fault.kind === "record" ? tries : "one";
  return (
    (yield* embedAll(run, texts.slice(0, middle), next)) ??
    (yield* embedAll(run, texts.slice(middle), next))
  );
}

type Sent = {
  sent: ReadonlySet<SizedText>;
  answers?: ReadonlyMap<string, Embedded>;
  fault?: Fault;
};

/** One request with as many of the texts as may be sent; none of them where it may not be sent at all. */
async function sendSome(run: Run, texts: readonly SizedText[]): Promise<Sent> {
  const permit = await run.admission.admit(
    texts.map(({ atMost }) => atMost),
    run.stop.requested,
  );
  if (!permit) return { sent: NONE };
  if (!("texts" in permit)) {
    run.news ??= permit.news && { fault: permit.fault, ...permit.news };
    return { sent: NONE, fault: permit.fault };
  }
  const sent = permit.texts.flatMap((place) => texts[place] ?? []);
  try {
    const answer = await sendEmbeddingRequest(run, sent.map(inputOf), permit);
    run.failedInARow = 0;
    return { sent: new Set(sent), answers: validateVectors(run.embedder, sent, answer) };
  } catch (error) {
    if (!(error instanceof Fault)) throw error;
    return { sent: new Set(sent), fault: error };
  }
}

function inputOf({ text, logId, traceId }: SizedText): EmbedInput {
  return { text, logId, ...(traceId === undefined ? {} : { traceId }) };
}

const NONE: ReadonlySet<SizedText> = new Set();
const NO_ANSWERS: ReadonlyMap<string, Embedded> = new Map();

/**
 * Where every text of a request was refused, a harmless one decides whether the texts are to blame. If it is refused too,
 * none of them is.
 */
async function whenAllRefused(run: Run): Promise<Fault | undefined> {
  if (run.accepted || run.stop.requested.aborted) return undefined;
  return sendProbe(run);
}
