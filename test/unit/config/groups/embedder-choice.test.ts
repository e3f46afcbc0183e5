import assert from "node:assert/strict";
import { test } from "node:test";
import { MODELS } from "../../../../src/adapters/local-embedder/local-embedder.ts";
import { createHashingEmbedder } from "../../../../src/adapters/local-embedder/hashing-embedder.ts";
import { chooseProvider, LOCAL_MODELS } from "../../../../src/config/groups/embedder-choice.ts";
import { combinationProblems } from "../../../../src/config/rules.ts";
import { readerOf } from "../sources-of.ts";

const KEY = { OPENAI_API_KEY: "sk-1234" };
const SERVICE = { AI_SERVICE_URL: "http://ai:8000/" };
const OLLAMA = { OPENAI_BASE_URL: "http://localhost:11434/v1/" };

const CHOICES: [env: Record<string, string>, provider: string | undefined][] = [
  [{}, undefined],
  [KEY, "openai"],
  [OLLAMA, "openai"],
  [SERVICE, "ai-service"],
  [{ ...KEY, ...SERVICE }, "ai-service"],
  [{ ...KEY, ...SERVICE, EMBEDDING_PROVIDER: "openai" }, "openai"],
  [{ ...KEY, ...SERVICE, EMBEDDING_PROVIDER: "Local" }, "local"],
  [{ EMBEDDING_MODEL: "m" }, undefined],
];

for (const [env, provider] of CHOICES) {
  test(`${JSON.stringify(env)} chooses ${provider ?? "no embedder"}`, () => {
    assert.equal(chooseProvider(readerOf(env)), provider);
  });
}

test("the local models have the names and lengths in stamps that the engines give them", () => {
  const { hashing, ...models } = LOCAL_MODELS;
  assert.deepEqual(models, MODELS);
  assert.equal(createHashingEmbedder({ dimensions: 8 }).model, hashing.stamp);
});

const MINILM = { EMBEDDING_PROVIDER: "local", EMBEDDING_MODEL: "all-minilm-l6-v2" };
const LONG = { ...MINILM, EMBEDDING_DIMENSIONS: "1536" };

const PROBLEMS: [promise: string, env: Record<string, string>, problem: RegExp | undefined][] = [
  ["a model of the local embedder is fine", MINILM, undefined],
  [
    "a model that the local embedder does not have is refused with those that it has",
    { ...MINILM, EMBEDDING_MODEL: "bge-m3" },
    /^EMBEDDING_MODEL: the local provider has no model "bge-m3"; set one of hashing, all-minilm-l6-v2, use-multilingual-v3/,
  ],
  ["another provider's model is its own affair", { ...KEY, EMBEDDING_MODEL: "bge-m3" }, undefined],
  ["the model's own length is fine", { ...LONG, EMBEDDING_DIMENSIONS: "384" }, undefined],
  [
    "a longer one is refused, with the setting that pads",
    LONG,
    /^EMBEDDING_DIMENSIONS: .*all-minilm-l6-v2 makes vectors of length 384; LOCAL_PAD=true appends zeros up to it/,
  ],
  ["a longer one with padding is fine", { ...LONG, LOCAL_PAD: "true" }, undefined],
  [
    "a shorter one is refused with padding too",
    { ...LONG, EMBEDDING_DIMENSIONS: "256", LOCAL_PAD: "true" },
    /^EMBEDDING_DIMENSIONS: [^;]*length 384; leave this out/,
  ],
  [
    "hashing takes any length",
    { ...LONG, EMBEDDING_MODEL: "hashing", EMBEDDING_DIMENSIONS: "77" },
    undefined,
  ],
];

for (const [promise, env, problem] of PROBLEMS) {
  test(promise, () => {
    const problems = combinationProblems(readerOf(env), { needsEmbedder: false });
    const lines = problems.map(({ name, sentence }) => `${name}: ${sentence}`);
    assert.equal(lines.length, problem ? 1 : 0, lines.join("; "));
    if (problem) assert.match(lines.join("; "), problem);
  });
}
