import assert from "node:assert/strict";
import { test } from "node:test";
import { chunksOf, type TopicMessage } from "../../../../src/adapters/kafka/publisher.ts";

const ofSize = (bytes: number, part: "key" | "value" | "headers" = "value"): TopicMessage => ({
  topic: "logs",
  key: null,
  value: null,
  headers: [],
  [part]: part === "headers" ? [["name", Buffer.alloc(bytes)]] : Buffer.alloc(bytes),
});

function sizesOf(messages: TopicMessage[], maxBytes: number): number[] {
  const chunks = chunksOf(messages, maxBytes);
  assert.deepEqual(chunks.flat(), messages);
  return chunks.map(({ length }) => length);
}

test("messages that fit go into one request, in order", () => {
  assert.deepEqual(sizesOf([], 1000), []);
  assert.deepEqual(sizesOf([ofSize(100), ofSize(100), ofSize(100)], 1000), [3]);
});

test("a run ends before it is too large; keys and headers count as well", () => {
  for (const part of ["key", "value", "headers"] as const) {
    const messages = Array.from({ length: 5 }, () => ofSize(400, part));
    assert.deepEqual(sizesOf(messages, 1000), [2, 2, 1]);
  }
});

test("a message that is larger than a run goes alone", () => {
  assert.deepEqual(sizesOf([ofSize(10), ofSize(5000), ofSize(10), ofSize(10)], 1000), [1, 1, 2]);
});
