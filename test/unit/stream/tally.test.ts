import assert from "node:assert/strict";
import { test } from "node:test";
import { noOutcomes } from "../../../src/domain/outcome.ts";
import { createTally } from "../../../src/stream/tally.ts";

test("everything is summed from the start on", () => {
  const tally = createTally(1);
  tally.took(3);
  tally.took(2);
  tally.ended("updated");
  tally.ended("reused", 2);
  tally.ended("deferred", 2);
  tally.passedOver(7);
  tally.repeated(1);
  tally.deadLettersSent(2);
  tally.batchDone({ requests: 1, texts: 2, tokens: 30, cost_usd: 0.5 });
  tally.batchDone({ requests: 2, texts: 0, tokens: 1, cost_usd: 0.25 });
  assert.deepEqual(tally.sums(), {
    taken: 5,
    outcomes: { ...noOutcomes(), updated: 1, reused: 2, deferred: 2 },
    passed_over: 7,
    repeats: 1,
    dead_letters: 2,
    batches: 2,
    embedding: { requests: 3, texts: 2, tokens: 31, cost_usd: 0.75 },
  });
  assert.equal(tally.vectors(), 3);
});

test("an unknown price stays unknown, and what was handed out does not change later", () => {
  const tally = createTally(null);
  const before = tally.sums();
  tally.ended("updated");
  assert.equal(before.outcomes.updated, 0);
  assert.equal(before.embedding.cost_usd, null);
});

test("an outcome is reported as it is counted, with the kind of its fault", () => {
  const told: unknown[] = [];
  const tally = createTally(1, (...what) => void told.push(what));
  tally.ended("updated");
  tally.ended("deferred", 2, "quota");
  tally.ended("deferred", 0);
  assert.deepEqual(told, [
    ["updated", 1, undefined],
    ["deferred", 2, "quota"],
  ]);
});
