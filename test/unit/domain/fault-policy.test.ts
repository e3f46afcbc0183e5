import assert from "node:assert/strict";
import { test } from "node:test";
import { FAULT_POLICIES, isTransient } from "../../../src/domain/fault-policy.ts";

type Flag = "countsAgainstRecord" | "retried" | "opensBreaker" | "pausesIndex" | "none";

/** Every kind has exactly one consequence: two would be two decisions about one failure. */
const CONSEQUENCE: Record<keyof typeof FAULT_POLICIES, Flag> = {
  record: "countsAgainstRecord",
  rate: "retried",
  quota: "opensBreaker",
  credentials: "opensBreaker",
  configuration: "opensBreaker",
  index: "pausesIndex",
  outage: "retried",
};

for (const [kind, policy] of Object.entries(FAULT_POLICIES)) {
  test(`a fault of kind ${kind} has exactly one consequence`, () => {
    const { countsAgainstRecord, opensBreaker, pausesIndex } = policy;
    const flags = { countsAgainstRecord, retried: policy.retries, opensBreaker, pausesIndex };
    const follows = Object.entries(flags).flatMap(([flag, set]) => (set ? [flag] : []));
    assert.deepEqual(follows, [Reflect.get(CONSEQUENCE, kind)]);
  });

  test(`${kind} has one sentence of advice`, () => {
    assert.match(policy.advice, /^[A-Z][^.]+\.$/);
  });
}

test("only what passes by itself is retried", () => {
  assert.equal(isTransient("rate"), true);
  assert.equal(isTransient("outage"), true);
  assert.equal(isTransient("quota"), false);
  assert.equal(isTransient("index"), false);
});
