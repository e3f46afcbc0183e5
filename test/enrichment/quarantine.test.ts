import assert from "node:assert/strict";
import { test } from "node:test";
import { refusalMark } from "../../src/enrichment/quarantine.ts";
import { Fault } from "../../src/model/faults.ts";

const NOW = Date.parse("2026-01-02T03:00:00Z");
const FAULT = new Fault("record", "the model refuses this text");

const TRIES: [Record<string, unknown> | undefined, number, string | undefined][] = [
  [undefined, 1, "2026-01-02T04:00:00.000Z"],
  [{ skipped: "refused", attempts: 1 }, 2, "2026-01-02T09:00:00.000Z"],
  [{ skipped: "refused", attempts: 2 }, 3, "2026-01-03T03:00:00.000Z"],
  [{ skipped: "refused", attempts: 3 }, 4, undefined],
  [{ skipped: "refused", attempts: 40 }, 41, undefined],
  [{ skipped: "refused", attempts: "many" }, 1, "2026-01-02T04:00:00.000Z"],
  [{ skipped: "empty", attempts: 3 }, 1, "2026-01-02T04:00:00.000Z"],
  [{ model: "m", attempts: 3 }, 1, "2026-01-02T04:00:00.000Z"],
];

for (const [stamp, attempts, nextTry] of TRIES) {
  test(`after ${JSON.stringify(stamp)} it is refusal ${attempts}, tried again ${nextTry ?? "never"}`, () => {
    assert.deepEqual(refusalMark(stamp, FAULT, NOW), {
      skipped: "refused",
      attempts,
      error: "the model refuses this text",
      ...(nextTry === undefined ? {} : { next_try: nextTry }),
    });
  });
}

test("a long reason is cut", () => {
  const mark = refusalMark(undefined, new Fault("record", "x".repeat(5000)), NOW);
  assert.equal("error" in mark && mark.error.length, 500);
});
