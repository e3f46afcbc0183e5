import assert from "node:assert/strict";
import { test } from "node:test";
import { openAiPrice } from "../../../../src/adapters/openai/openai-price.ts";

const PRICES: [string, string, number | null][] = [
  ["text-embedding-3-large", "https://api.openai.com/v1", 0.13],
  ["text-embedding-3-small", "https://eu.api.openai.com/v1", 0.02],
  ["text-embedding-ada-002", "https://api.openai.com/v1", 0.1],
  ["text-embedding-4", "https://api.openai.com/v1", null],
  ["text-embedding-3-large", "http://localhost:4000/v1", null],
  ["text-embedding-3-large", "https://api.openai.com.evil.example/v1", null],
];

for (const [model, url, price] of PRICES) {
  test(`${model} at ${url} costs ${price}`, () => assert.equal(openAiPrice(model, url), price));
}
