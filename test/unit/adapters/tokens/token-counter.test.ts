import assert from "node:assert/strict";
import { before, test } from "node:test";
import { createTokenCounter } from "../../../../src/adapters/tokens/token-counter.ts";
import type { TokenCounter } from "../../../../src/ports/embedder.ts";
import { processorTimeUs } from "../../../support/asserts/linear-time.ts";

let counter: TokenCounter;
before(async () => {
  counter = await createTokenCounter();
});

// Counts of OpenAI's own tiktoken with cl100k_base.
const COUNTS: [string, number][] = [
  ["", 0],
  ["hello world", 2],
  ["tiktoken is great!", 6],
  ["antidisestablishmentarianism", 6],
  ["2 + 2 = 4", 7],
  ["お誕生日おめでとう", 9],
];

for (const [text, tokens] of COUNTS) {
  test(`"${text}" counts ${tokens} tokens`, () => assert.equal(counter.count(text), tokens));
}

test("the name of a special token is text like any other", () => {
  assert.ok(counter.count("<|endoftext|>") > 1);
  assert.equal(counter.cut("<|endoftext|> and on", 100), "<|endoftext|> and on");
  assert.ok(counter.cut("<|endoftext|>".repeat(1000), 20).startsWith("<|endoftext|>"));
});

test("the count of a long text is exact where it has words and spaces", () => {
  const line = "2026-01-02 03:04:05 ERROR [main] Failed to read block 4711 from 10.0.0.7:50010 ";
  const twice = counter.count(line + line) - counter.count(line);
  const first = counter.count(line) - twice;
  assert.equal(counter.count(line.repeat(1000)), first + 1000 * twice);
});

const PATHOLOGICAL: [string, string][] = [
  ["one letter", "a".repeat(10_000_000)],
  ["spaces", " ".repeat(10_000_000)],
  ["line breaks", "\n".repeat(10_000_000)],
  ["dashes", "-".repeat(10_000_000)],
  ["ideographs", "漢字仮名交文章試験的".repeat(1_000_000)],
  ["emoji", `x${"😀".repeat(5_000_000)}`],
  ["halves of characters", "\ud83d".repeat(5_000_000)],
  ["words", "java.lang.OutOfMemoryError at Foo.bar(Foo.java:17) ".repeat(200_000)],
];

for (const [name, text] of PATHOLOGICAL) {
  test(`cuts 10 MB of ${name} as quickly as a hundredth of it, at most at the limit`, () => {
    const cost = (one: string) => processorTimeUs(() => counter.cut(one, 8192));
    const [long, short] = [cost(text), cost(text.slice(0, text.length / 100))];
    assert.ok(long < 20 * short, `it took ${long} µs, the hundredth ${short} µs`);
    const head = counter.cut(text, 8192);
    assert.ok(text.startsWith(head));
    const tokens = counter.count(head);
    assert.ok(tokens <= 8192 && tokens >= 8192 - 3, `${tokens} tokens`);
  });
}

test("a head is the longest that fits", () => {
  const text = "Failed to read block 4711 from node seven. ".repeat(500);
  for (const limit of [1, 2, 3, 10, 499, 1000, 2001]) {
    const head = counter.cut(text, limit);
    assert.equal(counter.count(head), limit);
    assert.ok(counter.count(text.slice(0, head.length + 1)) > limit);
  }
});

test("a cut never parts a character", () => {
  const text = "😀🚀🧨👩‍👩‍👧".repeat(50);
  for (let limit = 0; limit < 60; limit += 1) {
    const head = counter.cut(text, limit);
    assert.ok(head.isWellFormed());
    assert.ok(counter.count(head) <= limit);
  }
});

test("a text at or below the limit comes back whole", () => {
  const text = "Failed to read block 4711";
  const tokens = counter.count(text);
  assert.equal(counter.cut(text, tokens), text);
  assert.equal(counter.cut(text, 10_000), text);
  assert.notEqual(counter.cut(text, tokens - 1), text);
  assert.equal(counter.cut(text, 0), "");
});
