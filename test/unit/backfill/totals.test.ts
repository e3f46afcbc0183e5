import assert from "node:assert/strict";
import { test } from "node:test";
import { createTotals } from "../../../src/backfill/runner.ts";
import { noOutcomes, type Outcomes } from "../../../src/domain/outcome.ts";
import { noEmbedding, type CycleSummary } from "../../../src/domain/summary.ts";

function summary(outcomes: Partial<Outcomes>, durationMs: number): CycleSummary {
  return {
    cycle: 1,
    found: 0,
    backlog: 0,
    other_model: 0,
    skipped: 0,
    looping: 0,
    false_marks: 0,
    gaps: [],
    taken: 0,
    outcomes: { ...noOutcomes(), ...outcomes },
    embedding: noEmbedding(0),
    duration_ms: durationMs,
    indices: { fit: 1, unfit: 0 },
  };
}

test("totals go on over the runs", () => {
  const totals = createTotals();
  assert.deepEqual(totals.add(summary({ updated: 30, reused: 10, conflicted: 5 }, 4000)), {
    runs: 1,
    vectors: 40,
    errors: 0,
    average_rate: 10,
  });
  assert.deepEqual(totals.add(summary({ updated: 20, deferred: 2, quarantined: 1 }, 8000)), {
    runs: 2,
    vectors: 60,
    errors: 3,
    average_rate: 5,
  });
});

test("a run that could not begin counts as one error and slows nothing down", () => {
  const totals = createTotals();
  assert.deepEqual(totals.add("failed"), { runs: 1, vectors: 0, errors: 1, average_rate: 0 });
  assert.deepEqual(totals.add(summary({ updated: 1 }, 1000)), {
    runs: 2,
    vectors: 1,
    errors: 1,
    average_rate: 1,
  });
});
