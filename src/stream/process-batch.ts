import { Fault } from "../domain/faults.ts";
import { outcomeAttributes, noOutcomes, type Outcome } from "../domain/outcome.ts";
import { noEmbedding } from "../domain/summary.ts";
import type { Clock } from "../ports/clock.ts";
import type { ConsumerRole } from "../ports/consumer-events.ts";
import type { Events } from "../ports/events.ts";
import type { StreamMessage } from "../ports/message-stream.ts";
import type { Target } from "../ports/record-store.ts";
import type { StopSignals } from "../ports/stop-signals.ts";
import type { Span, Tracer } from "../ports/tracer.ts";
import type { Attempt, Verdict } from "./attempt.ts";
import { toDeadLetter } from "./dead-letter.ts";
import type { RetryGate } from "./retry-gate.ts";
import type { Problem } from "./reading.ts";
import { spanOfBatch } from "./batch-span.ts";
import type { DeadLetterSender } from "./dead-letter-sender.ts";
import type { ConsumerTallyKeeper } from "./tally.ts";

/** Settles a message once each of its parts is. */
export type MessageHandle = { settlePart(): void };

export function handleOf({ settle }: StreamMessage, parts: number): MessageHandle {
  let left = parts;
  return {
    settlePart() {
      left--;
      if (left === 0) settle();
    },
  };
}

export type PendingRecord = {
  target: Target;
  message: StreamMessage;
  handle: MessageHandle;
  bytes: number;
  /** Attempts that found no document or got no vector. */
  attempts: number;
};

export type Ending = { outcome: Outcome; fault?: Fault };

/** A message, or one record of it, to be sent to the dead letter topic. */
export type RejectedMessage = {
  message: StreamMessage;
  handle: MessageHandle;
  problem: Problem;
  records: number;
};

export type ProcessDeps = {
  role: ConsumerRole;
  attempt(targets: readonly Target[], stop: StopSignals): Promise<Attempt>;
  gate: RetryGate;
  deadLetters: DeadLetterSender;
  mask(text: string): string;
  tally: ConsumerTallyKeeper;
  clock: Clock;
  tracer: Tracer;
  /** The stream's name. */
  system: string;
  group: string;
  events: Pick<Events, "deadLetterSent" | "leftToBackfill" | "failedUnexpectedly">;
  /** Schedules another attempt; false where there were enough. */
  retryLater(item: PendingRecord, ending: Ending): boolean;
};

/** Tries a batch until each of its records is settled, queued for a retry, or abandoned because of a stop. */
export async function processBatch(
  deps: ProcessDeps,
  batch: readonly PendingRecord[],
  stop: StopSignals,
): Promise<void> {
  const { gate, tally } = deps;
  let items = batch;
  while (items.length > 0) {
    if (!(await gate.waitForTurn(stop.requested))) break;
    items = leaveToOthers(deps, items);
    if (items.length === 0) {
      gate.inconclusive();
      return;
    }
    // A span per attempt, because a batch may be retried for hours.
    items = await deps.tracer.span(...spanOfBatch(items, deps), async (span) => {
      const { verdicts, use } = await tryOnce(deps, items, stop);
      annotateSpan(span, verdicts);
      tally.batchDone(use);
      const blocked = items.filter((_, i) => verdicts[i]?.state === "retry_later");
      // A stop aborts requests in flight, which is no failure of theirs.
      if (!stop.embedding.aborted) reportToGate(gate, items, verdicts);
      await applyVerdicts(deps, items, verdicts, stop);
      return blocked;
    });
    if (stop.requested.aborted) break;
  }
  abandon(deps, items);
}

/** Keeps the records whose messages are still this reader's: those of a lane that was taken from it go to another one. */
function leaveToOthers(
  { tally, gate }: Pick<ProcessDeps, "tally" | "gate">,
  items: readonly PendingRecord[],
): readonly PendingRecord[] {
  const taken = items.filter(({ message }) => message.signal.aborted);
  if (taken.length === 0) return items;
  abandon({ tally }, taken);
  for (const { target } of taken) gate.forget(target);
  return items.filter(({ message }) => !message.signal.aborted);
}

function annotateSpan(span: Span, verdicts: readonly Verdict[]): void {
  const outcomes = noOutcomes();
  for (const verdict of verdicts) outcomes[outcomeOf(verdict)]++;
  span.set(outcomeAttributes(outcomes));
  const blocked = verdicts.find((one) => one.state === "retry_later");
  if (blocked) span.failed(blocked.fault.kind);
}

function outcomeOf(verdict: Verdict): Outcome {
  if (verdict.state === "rejected") return "quarantined";
  return verdict.state === "retry_later" ? "deferred" : verdict.outcome;
}

/** Records that were not even tried, such as missing documents, neither close nor open the gate. */
function reportToGate(
  gate: RetryGate,
  items: readonly PendingRecord[],
  verdicts: readonly Verdict[],
): void {
  const written = verdicts.some(isWritten);
  const blocked = withFault(items, verdicts, "retry_later");
  const notFoundYet = withFault(items, verdicts, "not_found_yet");
  // Where nothing was written, a missing vector may have a common cause; a second one is no news.
  const spoilt = written ? [] : notFoundYet.filter(({ item }) => item.attempts === 0);
  const failed = blocked.length > 0 ? blocked : spoilt;
  const [first] = failed;
  const targets = failed.map(({ item }) => item.target);
  if (first) gate.failed(first.fault, targets);
  else if (written) gate.succeeded();
  else gate.inconclusive();
}

function withFault(
  items: readonly PendingRecord[],
  verdicts: readonly Verdict[],
  state: "retry_later" | "not_found_yet",
): { item: PendingRecord; fault: Fault }[] {
  return items.flatMap((item, i) => {
    const verdict = verdicts[i];
    return verdict?.state === state && verdict.fault ? [{ item, fault: verdict.fault }] : [];
  });
}

function isWritten(verdict: Verdict): boolean {
  if (verdict.state === "rejected") return true;
  return verdict.state === "done" && ["updated", "reused"].includes(verdict.outcome);
}

/** A bug is handled as an outage: it is logged, and no record is lost. */
async function tryOnce(
  { attempt, role, events }: ProcessDeps,
  items: readonly PendingRecord[],
  stop: StopSignals,
): Promise<Attempt> {
  try {
    const targets = items.map(({ target }) => target);
    // After a stop request, what has begun may finish: it is paid for, or soon will be.
    return await attempt(targets, { ...stop, requested: stop.embedding });
  } catch (error) {
    events.failedUnexpectedly({ role, error });
    const fault = new Fault("outage", "an unexpected failure", { cause: error });
    return { verdicts: items.map(() => ({ state: "retry_later", fault })), use: noEmbedding(0) };
  }
}

async function applyVerdicts(
  deps: ProcessDeps,
  items: readonly PendingRecord[],
  verdicts: readonly Verdict[],
  stop: StopSignals,
): Promise<void> {
  const rejected: RejectedMessage[] = [];
  const left = new Map<Outcome, PendingRecord[]>();
  items.forEach((item, i) => {
    const verdict = verdicts[i];
    if (!verdict || verdict.state === "retry_later") return;
    if (verdict.state === "not_found_yet" && deps.retryLater(item, verdict)) return;
    deps.gate.forget(item.target);
    if (verdict.state === "rejected") {
      rejected.push({ ...item, problem: { code: "refused", reason: verdict.reason }, records: 1 });
      return;
    }
    complete(deps, item, verdict);
    if (LEFT_TO_BACKFILL.has(verdict.outcome)) {
      left.set(verdict.outcome, [...(left.get(verdict.outcome) ?? []), item]);
    }
  });
  for (const [outcome, ended] of left) reportLeftToBackfill(deps, outcome, ended);
  await sendToDeadLetterTopic(deps, rejected, stop);
}

/** Missing documents are logged with their index, because the message may name a wrong one. */
export function reportLeftToBackfill(
  { role, events }: Pick<ProcessDeps, "role"> & { events: Pick<Events, "leftToBackfill"> },
  outcome: Outcome,
  items: readonly PendingRecord[],
): void {
  const indices = outcome === "missing" ? items.map(({ target }) => target.index) : [];
  const lookedIn = [...new Set(indices.filter((index) => index !== undefined))];
  const records = items.length;
  events.leftToBackfill({ role, outcome, records, ...(lookedIn.length > 0 && { lookedIn }) });
}

/** Outcomes that the backfill takes over. */
const LEFT_TO_BACKFILL = new Set<Outcome>(["missing", "conflicted", "deferred"]);

export function complete(
  { tally }: Pick<ProcessDeps, "tally">,
  item: PendingRecord,
  { outcome, fault }: Ending,
): void {
  tally.ended(outcome, 1, fault?.kind);
  item.handle.settlePart();
}

/** What is abandoned at a stop is delivered again after the next start. */
export function abandon({ tally }: Pick<ProcessDeps, "tally">, items: readonly unknown[]): void {
  tally.ended("deferred", items.length);
}

/** Sends dead letters; their records are settled once they are stored durably. */
export async function sendToDeadLetterTopic(
  deps: Omit<ProcessDeps, "attempt" | "wait" | "gate">,
  rejected: readonly RejectedMessage[],
  stop: StopSignals,
): Promise<void> {
  if (rejected.length === 0) return;
  const { deadLetters, mask, clock, tally, events } = deps;
  const now = clock.now();
  const messages = rejected.map(({ message, problem }) =>
    toDeadLetter(message, problem, { now, mask }),
  );
  const sent = await deadLetters.send(messages, stop);
  if (sent) tally.deadLettersSent(rejected.length);
  for (const { message, handle, problem, records } of rejected) {
    if (!sent) {
      tally.ended("deferred", records);
      continue;
    }
    tally.ended("quarantined", records, "record");
    handle.settlePart();
    events.deadLetterSent({ ...problem, from: message.source, topic: deadLetters.name });
  }
}
