import type { FaultKind } from "../domain/faults.ts";
import { noOutcomes, vectorsWritten, type Outcome } from "../domain/outcome.ts";
import { addEmbedding, noEmbedding, type EmbeddingUse } from "../domain/summary.ts";
import type { ConsumerTally } from "../ports/consumer-events.ts";

export type ConsumerTallyKeeper = {
  took(records: number): void;
  /** `kind`: of the fault that quarantined or deferred the records, where known. */
  ended(outcome: Outcome, records?: number, kind?: FaultKind): void;
  passedOver(records: number): void;
  repeated(messages: number): void;
  deadLettersSent(deadLetters: number): void;
  batchDone(use: EmbeddingUse): void;
  vectors(): number;
  sums(): ConsumerTally;
};

export function createTally(
  pricePerMillionTokens: number | null,
  onEnded: Pick<ConsumerTallyKeeper, "ended">["ended"] = () => undefined,
): ConsumerTallyKeeper {
  const outcomes = noOutcomes();
  const sums = { taken: 0, passed_over: 0, repeats: 0, dead_letters: 0, batches: 0 };
  let embedding = noEmbedding(pricePerMillionTokens);
  return {
    took: (records) => void (sums.taken += records),
    ended(outcome, records = 1, kind) {
      if (records === 0) return;
      outcomes[outcome] += records;
      onEnded(outcome, records, kind);
    },
    passedOver: (records) => void (sums.passed_over += records),
    repeated: (messages) => void (sums.repeats += messages),
    deadLettersSent: (letters) => void (sums.dead_letters += letters),
    batchDone(use) {
      sums.batches++;
      embedding = addEmbedding(embedding, use);
    },
    vectors: () => vectorsWritten(outcomes),
    sums: () => ({ ...sums, outcomes: { ...outcomes }, embedding }),
  };
}
