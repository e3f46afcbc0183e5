import assert from "node:assert/strict";
import { test } from "node:test";
import { readAiServiceAnswer } from "../../../../src/adapters/ai-service/ai-service-embedder.ts";

const CONTEXT = {
  at: "ai-service at http://host",
  model: "ai-service",
  secrets: [],
  texts: [],
  timeoutMs: 1000,
  nowMs: 0,
  hints: { credentials: "", model: "", address: "" },
};

const headers = new Headers();

function vectorsOf(embeddings: unknown[], ids: string[]) {
  const { vectors } = readAiServiceAnswer({ body: { embeddings }, headers }, ids, CONTEXT);
  return vectors.map((vector) => vector?.[0] ?? null);
}

test("places vectors by log_id, in any order, missing ones left empty", () => {
  const embeddings = [
    { log_id: "c", embedding: [3] },
    { log_id: "a", embedding: [1] },
  ];
  assert.deepEqual(vectorsOf(embeddings, ["a", "b", "c"]), [1, null, 3]);
});

test("an id that was not asked for is ignored", () => {
  const embeddings = [
    { log_id: "x", embedding: [9] },
    { log_id: "a", embedding: [1] },
  ];
  assert.deepEqual(vectorsOf(embeddings, ["a"]), [1]);
});

test("an id answered twice gets nothing: either could be another's", () => {
  const embeddings = [
    { log_id: "a", embedding: [1] },
    { log_id: "a", embedding: [2] },
    { log_id: "b", embedding: [3] },
  ];
  assert.deepEqual(vectorsOf(embeddings, ["a", "b"]), [null, 3]);
});

test("an id that comes back as a number is still the same id", () => {
  assert.deepEqual(vectorsOf([{ log_id: 17, embedding: [1] }], ["17"]), [1]);
});

test("an embedding of null leaves its log empty", () => {
  assert.deepEqual(vectorsOf([{ log_id: "a", embedding: null }], ["a"]), [null]);
});

test("tokens are what the service says, if it does", () => {
  const body = { embeddings: [], usage: { total_tokens: 12 } };
  assert.equal(readAiServiceAnswer({ body, headers }, [], CONTEXT).tokens, 12);
  assert.equal(
    readAiServiceAnswer({ body: { embeddings: [] }, headers }, [], CONTEXT).tokens,
    null,
  );
});

for (const body of ["<html>", null, [], { data: [] }, { embeddings: "none" }]) {
  test(`${JSON.stringify(body)} is an outage`, () => {
    assert.throws(() => readAiServiceAnswer({ body, headers }, ["a"], CONTEXT), {
      kind: "outage",
      message: "ai-service at http://host: the answer holds no embeddings",
    });
  });
}
