import type { Fault } from "../domain/faults.ts";
import { noOutcomes, type Outcomes } from "../domain/outcome.ts";
import type { DeadLetters } from "../ports/dead-letters.ts";
import type { Target } from "../ports/record-store.ts";
import type { StopSignals } from "../ports/stop-signals.ts";
import type { Attempt } from "./attempt.ts";
import { readDeadLetters, type DeadLetterFilter } from "./read-dead-letters.ts";
import type { ReadMessage } from "./reading.ts";

type ReplayDeps = {
  source: Pick<DeadLetters, "read">;
  read: ReadMessage;
  attempt(targets: readonly Target[], stop: StopSignals): Promise<Attempt>;
  batchSize: number;
  /** After each batch: dead letters tried so far. */
  progress(deadLetters: number): void;
};

export type Replay = {
  deadLetters: number;
  outcomes: Outcomes;
  fault?: Fault;
};

/**
 * Tries the records of dead letters again, directly on their documents: sending them to the log topic would index the
 * logs twice. Dead letters stay in their topic.
 */
export async function replayDeadLetters(
  deps: ReplayDeps,
  filter: DeadLetterFilter,
  stop: StopSignals,
): Promise<Replay> {
  const replay: Replay = { deadLetters: 0, outcomes: noOutcomes() };
  let targets: Target[] = [];
  const flush = async (): Promise<boolean> => {
    const batch = targets;
    targets = [];
    if (batch.length > 0) await tryBatch(deps, batch, replay, stop);
    deps.progress(replay.deadLetters);
    return !replay.fault && !stop.requested.aborted;
  };
  for await (const deadLetter of readDeadLetters(deps.source, filter, stop.requested)) {
    if (stop.requested.aborted) break;
    const reading = deps.read(deadLetter.message.value);
    replay.deadLetters++;
    // An unreadable message stays a dead letter; one whose level is no longer wanted needs nothing.
    replay.outcomes.quarantined += reading.problems.length;
    targets.push(...reading.targets);
    if (targets.length >= deps.batchSize && !(await flush())) return replay;
  }
  await flush();
  return replay;
}

async function tryBatch(
  { attempt }: ReplayDeps,
  targets: readonly Target[],
  replay: Replay,
  stop: StopSignals,
): Promise<void> {
  const { verdicts } = await attempt(targets, stop);
  for (const verdict of verdicts) {
    if (verdict.state === "retry_later") {
      replay.outcomes.deferred++;
      replay.fault ??= verdict.fault;
    } else if (verdict.state === "rejected") replay.outcomes.quarantined++;
    else replay.outcomes[verdict.outcome]++;
  }
}
