import type { LinkedAbort } from "../concurrency/time-limit.ts";
import { Fault } from "../domain/faults.ts";
import type { EmbeddingUse } from "../domain/summary.ts";
import { roundValues, vectorProblem } from "../domain/vector.ts";
import type { Admission, Permit } from "../limits/embedder-limits.ts";
import type { Clock } from "../ports/clock.ts";
import type { EmbedAnswer, Embedder, EmbedInput, TokenCounter } from "../ports/embedder.ts";
import type { Events } from "../ports/events.ts";
import type { StopSignals } from "../ports/stop-signals.ts";
import type { PreparedText, SizedText } from "./split-into-requests.ts";

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

/**
 * `use`: counts what it takes, whatever ends it. `proven`: embedder and store have taken texts and vectors of the same
 * indices a moment ago, so no request has to go alone first.
 */
export type EmbedRun = { stop: StopSignals; use: EmbeddingUse; proven?: boolean };

/** What became of texts, by hash; returns the fault that ended the sending. */
export type Answers = AsyncGenerator<ReadonlyMap<string, Embedded>, Fault | undefined, void>;

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
    news?: { fault: Fault; resumesAt?: Date } | undefined;
  };

type Sent = {
  sent: ReadonlySet<SizedText>;
  answers?: ReadonlyMap<string, Embedded>;
  fault?: Fault;
};

/** One request with as many of the texts as may be sent; none of them where it may not be sent at all. */
export async function sendSome(run: Run, texts: readonly SizedText[]): Promise<Sent> {
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

/** Sends exactly one request and counts what it was billed for, and its texts. Throws a Fault. */
async function sendEmbeddingRequest(
  run: Run,
  inputs: readonly EmbedInput[],
  permit: Permit,
  texts: readonly string[] = inputs.map(({ text }) => text),
): Promise<EmbedAnswer> {
  run.use.requests++;
  try {
    const answer = await run.embedder.embed(inputs, run.stop.embedding);
    const tokens = answer.tokens ?? (await countTokens(run, inputs));
    permit.answered(tokens, answer.allowance);
    run.accepted = true;
    run.heardOf = true;
    recordUsage(run, texts, tokens);
    return answer;
  } catch (error) {
    permit.failed(error instanceof Fault ? error : undefined);
    throw error;
  }
}

/** Sends a harmless text; the fault where it is refused too, or could not be sent. */
export async function sendProbe(run: Run): Promise<Fault | undefined> {
  const { admission, embedder, stop } = run;
  const permit = await admission.admit([PROBE_TOKENS], stop.requested);
  if (!permit) return new Fault("outage", `${embedder.name}: stopped while waiting`);
  if (!("texts" in permit)) {
    run.news ??= permit.news && { fault: permit.fault, ...permit.news };
    return permit.fault;
  }
  try {
    const probing = { ...permit, failed: (fault?: Fault) => permit.failed(refusesAll(run, fault)) };
    // The probe is no record's text.
    await sendEmbeddingRequest(run, [PROBE], probing, []);
    return undefined;
  } catch (error) {
    if (!(error instanceof Fault)) throw error;
    return refusesAll(run, error);
  }
}

/** A harmless text that is refused shows that something is set up wrongly. */
function refusesAll<F extends Fault | undefined>({ embedder }: Run, fault: F): F | Fault {
  if (fault?.kind !== "record") return fault;
  const { message, hint } = fault;
  const details = hint === undefined ? {} : { hint };
  return new Fault("configuration", `${embedder.name} refuses every text: ${message}`, details);
}

const PROBE: EmbedInput = { text: "connection refused", logId: "probe" };
/** At most: no tokenizer makes more than a token of a byte, or puts more than two round a text. */
const PROBE_TOKENS = 20;

/** Checks every vector before it is believed; by text hash. */
function validateVectors(
  embedder: Embedder,
  texts: readonly PreparedText[],
  { vectors, truncated: cut }: EmbedAnswer,
): Map<string, Embedded> {
  const answers = texts.map(({ hash, truncated }, i): [string, Embedded] => {
    const vector = vectors[i];
    if (!vector) return [hash, { fault: unusable(embedder, "no vector for this text") }];
    const problem = vectorProblem(vector, embedder.dimensions);
    const isCut = truncated || cut?.[i] === true;
    if (!problem) return [hash, { vector: roundValues(vector), truncated: isCut }];
    return [hash, { fault: unusable(embedder, `a vector with ${problem}`) }];
  });
  return new Map(answers);
}

function recordUsage(
  { use, embedder, events }: Run,
  texts: readonly string[],
  tokens: number,
): void {
  const { pricePerMillionTokens: price } = embedder;
  const costUsd = price === null ? null : (tokens * price) / 1e6;
  use.texts += texts.length;
  use.tokens += tokens;
  if (use.cost_usd !== null && costUsd !== null) use.cost_usd += costUsd;
  events.textsAnswered({ texts, tokens, costUsd });
}

async function countTokens({ tokens }: Run, texts: readonly EmbedInput[]): Promise<number> {
  const counter = await tokens();
  return texts.reduce((sum, { text }) => sum + counter.count(text), 0);
}

function unusable({ name }: Embedder, what: string): Fault {
  return new Fault("outage", `${name} answered ${what}`);
}
