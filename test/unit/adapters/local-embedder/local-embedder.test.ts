import assert from "node:assert/strict";
import { suite, test, type TestContext } from "node:test";
import { modelFile, skipWithout } from "../../../../scripts/models/model-folder.ts";
import {
  createLocalEmbedder,
  MODELS,
  type ModelName,
} from "../../../../src/adapters/local-embedder/local-embedder.ts";
import { testEmbedderContract } from "../../../contract/embedder-contract.ts";
import { cosine, readReference } from "../../../support/local-models.ts";

for (const model of ["all-minilm-l6-v2", "use-multilingual-v3"] as const) {
  suite(model, { skip: skipWithout(model) }, () => {
    testEmbedderContract(`local, ${model}`, (t) => open(t, model, 2));

    test("its answer says which texts were cut, whether by characters or by tokens", async (t) => {
      const embedder = open(t, model, 1);
      const texts = ["disk full", "disk ".repeat(300), "x".repeat(5000), "disk ".repeat(20)];
      const { truncated } = await embedder.embed(inputsOf(texts), t.signal);
      assert.deepEqual(truncated, [false, true, true, false]);
    });

    test("texts have their own vectors however many are asked for at once and by however many threads", async (t) => {
      const embedder = open(t, model, 3);
      const reference = readReference(model).texts.filter(({ text }) => text.length < 300);
      const some = reference.filter((_, i) => i % 5 === 0);
      const { vectors } = await embedder.embed(inputsOf(some.map(({ text }) => text)), t.signal);
      some.forEach(({ text, vector }, i) =>
        assert.ok(cosine(vectors[i] ?? [], vector) > 0.97, text),
      );
    });

    test("after it was closed it says that it stopped", async (t) => {
      const embedder = open(t, model, 1);
      await embedder.embed(inputsOf(["one"]), t.signal);
      await embedder[Symbol.asyncDispose]();
      await assert.rejects(embedder.embed(inputsOf(["two"]), t.signal), { kind: "outage" });
    });
  });
}

test("a model without its file is a fault of the configuration at each try", async (t) => {
  const embedder = createLocalEmbedder({ model: "all-minilm-l6-v2", file: "/no/such/file.bin" });
  t.after(() => embedder[Symbol.asyncDispose]());
  for (let go = 0; go < 2; go += 1) {
    await assert.rejects(embedder.embed(inputsOf(["one"]), t.signal), {
      kind: "configuration",
      message: /\/no\/such\/file\.bin is not there/,
      hint: /log-vectorizer model install all-minilm-l6-v2\./,
    });
  }
});

const minilm = { skip: skipWithout("all-minilm-l6-v2") };
test("zeros are appended up to a greater length, and nothing else changes", minilm, async (t) => {
  const texts = inputsOf(["disk full", "no space left on device", "x".repeat(5000)]);
  const own = await open(t, "all-minilm-l6-v2", 1).embed(texts, t.signal);
  const embedder = open(t, "all-minilm-l6-v2", 1, 1536);
  assert.equal(embedder.dimensions, 1536);
  const padded = await embedder.embed(texts, t.signal);
  assert.deepEqual(padded.truncated, own.truncated);
  padded.vectors.forEach((vector, i) => {
    assert.equal(vector?.length, 1536);
    assert.deepEqual(vector?.slice(0, 384), own.vectors[i]);
    assert.ok(vector?.slice(384).every((value) => value === 0));
  });
});

test("a machine without relaxed SIMD is a fault of the configuration, and is told of hashing", async (t) => {
  t.mock.method(WebAssembly, "validate", () => false);
  const embedder = createLocalEmbedder({ model: "all-minilm-l6-v2", file: "/no/such/file.bin" });
  await assert.rejects(embedder.embed(inputsOf(["one"]), t.signal), {
    kind: "configuration",
    message: /this machine cannot compute/,
    hint: /relaxed SIMD.*EMBEDDING_MODEL=hashing/,
  });
});

test("is told apart in stamps by model and engine, and costs nothing", () => {
  const stamps = Object.values(MODELS).map(({ stamp }) => stamp);
  assert.equal(new Set(stamps).size, stamps.length);
  for (const stamp of stamps) assert.match(stamp, /@\d+$/);
  const embedder = createLocalEmbedder({ model: "all-minilm-l6-v2", file: "x" });
  assert.deepEqual(
    [embedder.name, embedder.dimensions, embedder.pricePerMillionTokens],
    ["local", 384, 0],
  );
});

function open(t: TestContext, model: ModelName, workers: number, dimensions?: number) {
  const options = { model, file: modelFile(model), workers };
  const embedder = createLocalEmbedder(dimensions ? { ...options, dimensions } : options);
  t.after(() => embedder[Symbol.asyncDispose]());
  return embedder;
}

function inputsOf(texts: readonly string[]) {
  return texts.map((text, i) => ({ text, logId: `${i}` }));
}
