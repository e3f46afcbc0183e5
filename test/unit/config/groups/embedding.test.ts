import assert from "node:assert/strict";
import { test } from "node:test";
import {
  embeddingConfig,
  isOpenAiItself,
  modelConfig,
} from "../../../../src/config/groups/embedding.ts";
import { readerOf } from "../sources-of.ts";

const KEY = { OPENAI_API_KEY: "sk-1234" };
const SERVICE = { AI_SERVICE_URL: "http://ai:8000/" };
const OLLAMA = { OPENAI_BASE_URL: "http://localhost:11434/v1/" };

const shared = {
  dimensions: 1536,
  maxTokensPerText: 8192,
  timeoutMs: 60_000,
  text: { form: "message", redaction: "secrets" },
};
/** Nothing leaves, so nothing is masked. */
const UNMASKED = { form: "message", redaction: "off" };

const HASHING = {
  provider: "local",
  name: "hashing",
  model: "local-hashing-v1",
  text: UNMASKED,
};
const MINILM = {
  ...HASHING,
  name: "all-minilm-l6-v2",
  model: "all-minilm-l6-v2-int8@1",
  ownDimensions: 384,
};

const CONFIGS: [env: Record<string, string>, config: unknown][] = [
  [
    KEY,
    {
      ...shared,
      provider: "openai",
      model: "text-embedding-3-large",
      encoding: "base64",
      apiKey: "sk-1234",
    },
  ],
  [
    { ...OLLAMA, EMBEDDING_MODEL: "nomic-embed-text", EMBEDDING_ENCODING: "float" },
    {
      ...shared,
      provider: "openai",
      model: "nomic-embed-text",
      encoding: "float",
      baseUrl: "http://localhost:11434/v1",
    },
  ],
  [
    { ...SERVICE, EMBEDDING_TEXT: "template", REDACT: "pii" },
    {
      ...shared,
      provider: "ai-service",
      model: "ai-service",
      url: "http://ai:8000",
      text: { form: "template", redaction: "pii" },
    },
  ],
  [SERVICE, { ...shared, provider: "ai-service", model: "ai-service", url: "http://ai:8000" }],
  [
    { ...SERVICE, EMBEDDING_MODEL: "bge-m3" },
    { ...shared, provider: "ai-service", model: "bge-m3", url: "http://ai:8000" },
  ],
  [
    { EMBEDDING_PROVIDER: "local", EMBEDDING_MODEL: "hashing", EMBEDDING_DIMENSIONS: "64" },
    { ...shared, ...HASHING, dimensions: 64 },
  ],
  [
    { EMBEDDING_PROVIDER: "local", EMBEDDING_MODEL: "All-MiniLM-L6-v2" },
    { ...shared, ...MINILM, dimensions: 384 },
  ],
  [
    {
      EMBEDDING_PROVIDER: "local",
      EMBEDDING_MODEL: "all-minilm-l6-v2",
      EMBEDDING_DIMENSIONS: "1536",
      LOCAL_PAD: "true",
      LOCAL_WORKERS: "3",
    },
    { ...shared, ...MINILM, dimensions: 1536, workers: 3 },
  ],
  [
    { EMBEDDING_PROVIDER: "local", EMBEDDING_MODEL: "use-multilingual-v3" },
    {
      ...shared,
      provider: "local",
      name: "use-multilingual-v3",
      model: "use-multilingual-v3@1",
      dimensions: 512,
      ownDimensions: 512,
      text: UNMASKED,
    },
  ],
  [
    {
      EMBEDDING_PROVIDER: "local",
      EMBEDDING_MAX_TEXTS_PER_REQUEST: "7",
      EMBEDDING_MAX_TOKENS_PER_TEXT: "512",
      EMBEDDING_TIMEOUT_SECONDS: "5",
      EMBEDDING_PRICE_PER_MILLION_TOKENS: "0",
      EMBEDDING_TEXT: "template",
      REDACT: "pii",
    },
    {
      ...MINILM,
      text: { ...UNMASKED, form: "template" },
      dimensions: 384,
      maxTextsPerRequest: 7,
      maxTokensPerText: 512,
      timeoutMs: 5000,
      pricePerMillionTokens: 0,
    },
  ],
  [{}, undefined],
  [{ EMBEDDING_PROVIDER: "openai" }, undefined],
  [{ EMBEDDING_PROVIDER: "ai-service" }, undefined],
];

for (const [env, config] of CONFIGS) {
  test(`the embedder of ${JSON.stringify(env)}`, () => {
    assert.deepEqual(embeddingConfig(readerOf(env)), config);
  });
}

test("the length of a vector is the local model's own, also without the embedder's other settings", () => {
  const of = (env: Record<string, string>) => modelConfig(readerOf(env)).dimensions;
  const local = { EMBEDDING_PROVIDER: "local" };
  assert.equal(of({ ...local, EMBEDDING_MODEL: "all-minilm-l6-v2" }), 384);
  assert.equal(of(local), 384);
  // Where another provider makes vectors, a name of ours is a model of that provider.
  assert.equal(of({ ...KEY, EMBEDDING_MODEL: "all-minilm-l6-v2" }), 1536);
  assert.equal(of({}), 1536);
});

const HOSTS: [url: string | undefined, own: boolean][] = [
  [undefined, true],
  ["https://api.openai.com/v1", true],
  ["https://eu.api.openai.com/v1", true],
  ["https://API.OpenAI.com/v1", true],
  ["https://api.openai.com.example.org/v1", false],
  ["https://notapi.openai.com/v1", false],
  ["http://localhost:11434/v1", false],
];

for (const [url, own] of HOSTS) {
  test(`${url ?? "no base URL"} is ${own ? "OpenAI itself" : "another server"}`, () => {
    const env: Record<string, string> = url === undefined ? {} : { OPENAI_BASE_URL: url };
    assert.equal(isOpenAiItself(readerOf(env)), own);
  });
}
