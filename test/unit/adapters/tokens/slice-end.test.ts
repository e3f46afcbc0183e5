import assert from "node:assert/strict";
import { test } from "node:test";
import { sliceEnd, splitsPair } from "../../../../src/adapters/tokens/token-counter.ts";

test("a short text is one slice", () => {
  assert.equal(sliceEnd("short", 0), 5);
  assert.equal(sliceEnd("x".repeat(2000), 0), 2000);
});

test("a slice ends before a space after a word", () => {
  const text = `${"x".repeat(1950)} ${"y".repeat(500)}`;
  assert.equal(sliceEnd(text, 0), 1950);
  assert.equal(sliceEnd(text, 10), 1950);
});

test("a slice without such a place ends after 2,000 characters", () => {
  assert.equal(sliceEnd("x".repeat(5000), 100), 2100);
  assert.equal(sliceEnd(" ".repeat(5000), 0), 2000);
});

test("a slice never ends inside a character", () => {
  assert.equal(sliceEnd(`x${"😀".repeat(2000)}`, 0), 1999);
  assert.equal(sliceEnd("😀".repeat(2000), 0), 2000);
});

test("tells where a cut would part a character", () => {
  assert.deepEqual(
    [0, 1, 2, 3, 4].map((position) => splitsPair("a😀b", position)),
    [false, false, true, false, false],
  );
});
