import assert from "node:assert/strict";
import { test } from "node:test";
import { refusalMark } from "../../../../src/pipeline/quarantine/refusal-mark.ts";
import { Fault } from "../../../../src/domain/faults.ts";

const NOW = Date.parse("2026-01-02T03:04:05Z");
const BASIS = { field: "message", text_hash: "hash" };
const REFUSED = new Fault("record", "fake: cannot read this");

test("from one refusal to the next try it takes 1 h, 6 h, 24 h, and then there is none", () => {
  const seen: [number, string | undefined][] = [];
  let stamp: Record<string, unknown> | undefined;
  for (let i = 0; i < 5; i++) {
    const mark = refusalMark(stamp, REFUSED, NOW, BASIS);
    assert.ok(mark.skipped === "refused");
    seen.push([mark.attempts, mark.next_try]);
    stamp = mark;
  }
  assert.deepEqual(seen, [
    [1, "2026-01-02T04:04:05.000Z"],
    [2, "2026-01-02T09:04:05.000Z"],
    [3, "2026-01-03T03:04:05.000Z"],
    [4, undefined],
    [5, undefined],
  ]);
});

test("a mark without a next try has no such key, which a null would still be", () => {
  const mark = refusalMark({ ...BASIS, skipped: "refused", attempts: 3 }, REFUSED, NOW, BASIS);
  assert.deepEqual(mark, {
    ...BASIS,
    skipped: "refused",
    attempts: 4,
    error: "fake: cannot read this",
  });
});

const FIRST: [string, Record<string, unknown> | undefined][] = [
  ["there is none", undefined],
  ["it was of another text", { skipped: "refused", attempts: 3, text_hash: "another" }],
  ["it does not say of which text", { skipped: "refused", attempts: 3 }],
  ["it is empty", {}],
  ["it is a vector's", { model: "m", text_hash: "h", attempts: 7 }],
  ["it says that there was no text", { skipped: "empty", attempts: 7 }],
  ["its mark was taken away", { skipped: null, attempts: 7 }],
  ["its attempts are missing", { ...BASIS, skipped: "refused" }],
  ["its attempts are null", { ...BASIS, skipped: "refused", attempts: null }],
  ["its attempts are a word", { ...BASIS, skipped: "refused", attempts: "many" }],
  ["its attempts are negative", { ...BASIS, skipped: "refused", attempts: -3 }],
  ["its attempts are a fraction", { ...BASIS, skipped: "refused", attempts: 1.5 }],
  ["its attempts have no end", { ...BASIS, skipped: "refused", attempts: Infinity }],
  ["its attempts are an object", { ...BASIS, skipped: "refused", attempts: {} }],
];

for (const [what, stamp] of FIRST) {
  test(`an earlier stamp counts for nothing where ${what}`, () => {
    const mark = refusalMark(stamp, REFUSED, NOW, BASIS);
    assert.partialDeepStrictEqual(mark, { attempts: 1, next_try: "2026-01-02T04:04:05.000Z" });
  });
}

test("attempts kept as text are counted on", () => {
  const mark = refusalMark({ ...BASIS, skipped: "refused", attempts: "2" }, REFUSED, NOW, BASIS);
  assert.partialDeepStrictEqual(mark, { attempts: 3 });
});

test("of a long reason the beginning is kept", () => {
  const mark = refusalMark(undefined, new Fault("record", "x".repeat(10_000)), NOW, BASIS);
  assert.ok(mark.skipped === "refused");
  assert.equal(mark.error, "x".repeat(500));
});
