import { noOutcomes, vectorsWritten, type Outcome } from "../model/outcome.ts";
import { addEmbedding, noEmbedding, type EmbeddingUse } from "../model/summary.ts";
import type { ConsumerTally } from "../ports.ts";

export type TallyKeeper = {
  took(records: number): void;
  ended(outcome: Outcome, records?: number): void;
  passedOver(records: number): void;
  repeated(): void;
  lettersSent(letters: number): void;
  batchDone(use: EmbeddingUse): void;
  vectors(): number;
  sums(): ConsumerTally;
};

export function createTally(pricePerMillionTokens: number | null): TallyKeeper {
  const outcomes = noOutcomes();
  const sums = { taken: 0, passedOver: 0, repeats: 0, deadLetters: 0, batches: 0 };
  let embedding = noEmbedding(pricePerMillionTokens);
  return {
    took: (records) => void (sums.taken += records),
    ended: (outcome, records = 1) => void (outcomes[outcome] += records),
    passedOver: (records) => void (sums.passedOver += records),
    repeated: () => void sums.repeats++,
    lettersSent: (letters) => void (sums.deadLetters += letters),
    batchDone(use) {
      sums.batches++;
      embedding = addEmbedding(embedding, use);
    },
    vectors: () => vectorsWritten(outcomes),
    sums: () => ({ ...sums, outcomes: { ...outcomes }, embedding }),
  };
}
