import { test } from "node:test";
import { addFaultCounts } from "../../../src/domain/fault-counts.ts";
import { Fault } from "../../../src/domain/faults.ts";
import { faultCounts } from "../../../src/pipeline/batch-result.ts";

import assert from "node:assert/strict";

test("each record that failed counts under its own fault, else under the one of all", () => {
  const counts = faultCounts({
    outcomeOf: new Map([
      ["a/1", "updated"],
      ["a/2", "quarantined"],
      ["a/3", "deferred"],
      ["a/4", "deferred"],
      ["a/5", "conflicted"],
    ]),
    faultOf: new Map([
      ["a/2", new Fault("record", "poison")],
      ["a/3", new Fault("index", "blocked")],
      ["a/5", new Fault("index", "of no account")],
    ]),
    fault: new Fault("rate", "slow down"),
  });
  assert.deepEqual(counts, { record: 1, index: 1, rate: 1 });
  assert.deepEqual(addFaultCounts(counts, { rate: 2, quota: 1 }), {
    record: 1,
    index: 1,
    rate: 3,
    quota: 1,
  });
});

test("a record that failed for no known reason, as at a stop, counts nowhere", () => {
  assert.deepEqual(
    faultCounts({ outcomeOf: new Map([["a/1", "deferred"]]), faultOf: new Map() }),
    {},
  );
});
