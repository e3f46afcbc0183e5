import assert from "node:assert/strict";
import { test } from "node:test";
import { retryWaitMs } from "../../src/enrichment/retry.ts";
import { Fault, type FaultKind } from "../../src/model/faults.ts";

const WAITS: [FaultKind, number | undefined, number, number | undefined][] = [
  ["rate", undefined, 0, 500],
  ["rate", undefined, 1, 2000],
  ["rate", undefined, 2, undefined],
  ["outage", undefined, 0, 500],
  ["outage", undefined, 1, 2000],
  ["rate", 7000, 0, 7000],
  ["rate", 0, 1, 0],
  ["rate", 7000, 2, undefined],
  ["rate", 60_000, 0, 60_000],
  ["rate", 60_001, 0, undefined],
  ["record", undefined, 0, undefined],
  ["quota", 1000, 0, undefined],
  ["credentials", undefined, 0, undefined],
  ["configuration", undefined, 0, undefined],
  ["index", 1000, 0, undefined],
];

for (const [kind, retryAfterMs, retries, expected] of WAITS) {
  const asked = retryAfterMs === undefined ? "" : ` that asks for ${retryAfterMs} ms`;
  const wait = expected === undefined ? "is given up" : `waits ${expected} ms`;
  test(`a ${kind} fault${asked} after ${retries} retries ${wait}`, () => {
    const fault = new Fault(kind, "no", retryAfterMs === undefined ? {} : { retryAfterMs });
    assert.equal(retryWaitMs(fault, retries), expected);
  });
}
