import assert from "node:assert/strict";
import { test } from "node:test";
import {
  addOutcomes,
  failures,
  noOutcomes,
  OUTCOMES,
  vectorsWritten,
} from "../../../src/domain/outcome.ts";

const SOME = {
  updated: 1,
  reused: 2,
  already_vectorized: 4,
  empty: 8,
  missing: 16,
  conflicted: 32,
  quarantined: 64,
  deferred: 128,
};

test("every outcome is counted from zero", () => {
  assert.deepEqual(Object.keys(noOutcomes()).toSorted(), OUTCOMES.toSorted());
  assert.ok(Object.values(noOutcomes()).every((count) => count === 0));
});

test("outcomes add up one by one", () => {
  const sum = addOutcomes(SOME, { ...noOutcomes(), missing: 1 });
  assert.deepEqual(sum, { ...SOME, missing: 17 });
  assert.deepEqual(addOutcomes(noOutcomes(), SOME), SOME);
});

test("updated and reused are vectors written; quarantined and deferred are failures", () => {
  assert.equal(vectorsWritten(SOME), 3);
  assert.equal(failures(SOME), 192);
});
