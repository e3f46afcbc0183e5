import assert from "node:assert/strict";
import { test } from "node:test";
import { createCheckpoints } from "../../../../src/adapters/kafka/checkpoints.ts";
import type { Position } from "../../../../src/ports/log-source.ts";

const at = (partition: number, offset: number, topic = "logs"): Position => {
  return { topic, partition, offset };
};
const commit = (partition: number, offset: number, leaderEpoch = -1) => {
  return { topic: "logs", partition, offset: BigInt(offset), leaderEpoch };
};

function ledgerOf(...partitions: number[]) {
  const ledger = createCheckpoints();
  ledger.assign([{ topic: "logs", partitions }]);
  return ledger;
}

test("holds what was assigned, in order", () => {
  const ledger = createCheckpoints();
  assert.deepEqual(ledger.held, []);
  ledger.assign([
    { topic: "logs", partitions: [2, 0] },
    { topic: "other", partitions: [1] },
  ]);
  assert.deepEqual(ledger.held, [
    { topic: "logs", partition: 0 },
    { topic: "logs", partition: 2 },
    { topic: "other", partition: 1 },
  ]);
});

test("leaves out what is not held", () => {
  const ledger = ledgerOf(0);
  assert.deepEqual(ledger.toCommit([at(1, 5), at(0, 5, "other")]), []);
  assert.deepEqual(ledger.toCommit([at(0, 5), at(1, 5)]), [commit(0, 5)]);
});

test("takes the highest of several positions, and none that is not ahead", () => {
  const ledger = ledgerOf(0, 1);
  const due = ledger.toCommit([at(0, 5), at(0, 7), at(0, 6), at(1, 0)]);
  assert.deepEqual(due, [commit(0, 7), commit(1, 0)]);
  ledger.committed(due);
  assert.deepEqual(ledger.toCommit([at(0, 7), at(0, 3), at(1, 1)]), [commit(1, 1)]);
});

test("a commit that ended late does not lower what is kept", () => {
  const ledger = ledgerOf(0);
  ledger.committed([commit(0, 9)]);
  ledger.committed([commit(0, 4), commit(5, 4)]);
  assert.deepEqual(ledger.toCommit([at(0, 8)]), []);
});

test("starts over with another assignment", () => {
  const ledger = ledgerOf(0);
  ledger.committed([commit(0, 9)]);
  ledger.received(at(0, 3), 7);
  ledger.assign([{ topic: "logs", partitions: [0] }]);
  assert.deepEqual(ledger.toCommit([at(0, 5)]), [commit(0, 5)]);
});

test("a position bears the epoch of the message before it, where that is certain", () => {
  const ledger = ledgerOf(0);
  ledger.received(at(0, 3), 7);
  ledger.received(at(0, 4), 7);
  assert.deepEqual(ledger.toCommit([at(0, 3)]), [commit(0, 3)]);
  assert.deepEqual(ledger.toCommit([at(0, 4)]), [commit(0, 4, 7)]);
  ledger.received(at(0, 5), 8);
  assert.deepEqual(ledger.toCommit([at(0, 5)]), [commit(0, 5)]);
  assert.deepEqual(ledger.toCommit([at(0, 6)]), [commit(0, 6, 8)]);
  ledger.received(at(3, 5), 8);
});
