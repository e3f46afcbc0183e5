import assert from "node:assert/strict";
import { test } from "node:test";
import { addEmbedding, noEmbedding } from "../../../src/domain/summary.ts";

const USE = { requests: 1, texts: 20, tokens: 300, cost_usd: 0.5 };

test("the usage of embedding requests adds up", () => {
  assert.deepEqual(addEmbedding(USE, USE), { requests: 2, texts: 40, tokens: 600, cost_usd: 1 });
  assert.deepEqual(addEmbedding(noEmbedding(0.13), USE), USE);
});

test("one unknown cost makes the sum unknown", () => {
  assert.equal(noEmbedding(null).cost_usd, null);
  assert.equal(noEmbedding(0).cost_usd, 0);
  assert.equal(addEmbedding(USE, { ...USE, cost_usd: null }).cost_usd, null);
  assert.equal(addEmbedding({ ...USE, cost_usd: null }, USE).cost_usd, null);
});
