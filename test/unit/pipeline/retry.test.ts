import assert from "node:assert/strict";
import { test } from "node:test";
import { retryWaitMs } from "../../../src/pipeline/retry.ts";
import { Fault, type FaultKind } from "../../../src/domain/faults.ts";

type Wait = number | undefined;

/** Kind, what the other side asks for, retries done, then the shortest and the longest wait. */
const WAITS: [FaultKind, Wait, number, Wait, Wait][] = [
  ["rate", undefined, 0, 0, 1000],
  ["rate", undefined, 1, 0, 3000],
  ["rate", undefined, 2, 0, 9000],
  ["rate", undefined, 3, 0, 27_000],
  ["rate", undefined, 4, undefined, undefined],
  ["outage", undefined, 0, 0, 500],
  ["outage", undefined, 1, 0, 1500],
  ["outage", undefined, 2, 0, 4500],
  ["outage", undefined, 3, undefined, undefined],
  ["rate", 7000, 0, 7000, 7000],
  ["rate", 7000, 2, 7000, 9000],
  ["rate", 7000, 4, undefined, undefined],
  ["rate", 0, 1, 0, 3000],
  ["rate", 60_000, 0, 60_000, 60_000],
  ["rate", 60_001, 0, undefined, undefined],
  ["outage", 2000, 0, 2000, 2000],
  ["record", undefined, 0, undefined, undefined],
  ["quota", 1000, 0, undefined, undefined],
  ["credentials", undefined, 0, undefined, undefined],
  ["configuration", undefined, 0, undefined, undefined],
  ["index", 1000, 0, undefined, undefined],
];

for (const [kind, retryAfterMs, retries, shortest, longest] of WAITS) {
  const asked = retryAfterMs === undefined ? "" : ` that asks for ${retryAfterMs} ms`;
  const wait = longest === undefined ? "is given up" : `waits ${shortest} to ${longest} ms`;
  test(`a ${kind} fault${asked} after ${retries} retries ${wait}`, () => {
    const fault = new Fault(kind, "no", retryAfterMs === undefined ? {} : { retryAfterMs });
    assert.equal(
      retryWaitMs(fault, retries, () => 0),
      shortest,
    );
    assert.equal(
      retryWaitMs(fault, retries, () => 1),
      longest,
    );
  });
}

test("two processes that failed at once do not come back at once", () => {
  const fault = new Fault("outage", "down");
  const waits = new Set(Array.from({ length: 20 }, () => retryWaitMs(fault, 2)));
  assert.ok(waits.size > 10, `${waits.size} different waits`);
});
