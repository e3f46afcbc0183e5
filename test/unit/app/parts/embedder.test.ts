import assert from "node:assert/strict";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { suite, test, type TestContext } from "node:test";
import { modelFolder, skipWithout } from "../../../../scripts/models/model-folder.ts";
import { openWatchedEmbedder } from "../../../../src/app/parts/embedder.ts";
import { loadConfig } from "../../../../src/config/config.ts";
import { Fault } from "../../../../src/domain/faults.ts";
import { noopTracer } from "../../../../src/ports/noop-tracer.ts";
import { createManualClock } from "../../../support/fakes/manual-clock.ts";
import { recordEvents } from "../../../support/fakes/recorded-events.ts";
import { sourcesOf } from "../../config/sources-of.ts";

const MODEL = "all-minilm-l6-v2";
const LOCAL = { EMBEDDING_PROVIDER: "local" };
const INPUTS = [
  { text: "disk full", logId: "1" },
  { text: "disk ".repeat(300), logId: "2" },
];

async function open(t: TestContext, env: Record<string, string>) {
  const stack = new AsyncDisposableStack();
  t.after(() => stack.disposeAsync());
  const { config } = loadConfig(sourcesOf({ ...LOCAL, ...env }), { needsEmbedder: true });
  const parts = { tracer: noopTracer, clock: createManualClock(), events: recordEvents().events };
  const { embedder } = await openWatchedEmbedder(config, parts, stack);
  return { embedder, inForce: config.inForce, stack };
}

const CHOICES: [env: Record<string, string>, model: string, dimensions: number][] = [
  [{}, "all-minilm-l6-v2-int8@1", 384],
  [{ EMBEDDING_MODEL: "hashing" }, "local-hashing-v1", 1536],
  [{ EMBEDDING_DIMENSIONS: "64" }, "local-hashing-v1", 64],
  [{ EMBEDDING_MODEL: MODEL }, "all-minilm-l6-v2-int8@1", 384],
  [
    { EMBEDDING_MODEL: MODEL, EMBEDDING_DIMENSIONS: "1536", LOCAL_PAD: "true" },
    "all-minilm-l6-v2-int8@1",
    1536,
  ],
  [{ EMBEDDING_MODEL: "use-multilingual-v3" }, "use-multilingual-v3@1", 512],
];
for (const [env, model, dimensions] of CHOICES) {
  test(`the embedder of ${JSON.stringify(env)} stamps as the settings in force say`, async (t) => {
    const { embedder, inForce } = await open(t, env);
    assert.deepEqual([embedder.model, embedder.dimensions], [model, dimensions]);
    assert.deepEqual([inForce.model, inForce.dimensions], [model, dimensions]);
  });
}

test("a model file that cannot be used is a fault at its first use that names the file and the command", async (t) => {
  const folder = await mkdtemp(join(tmpdir(), "no-models-"));
  t.after(() => rm(folder, { recursive: true }));
  await writeFile(join(folder, `${MODEL}.bin`), "");
  const { embedder } = await open(t, { EMBEDDING_MODEL: MODEL, MODEL_DIR: folder });
  await assert.rejects(embedder.embed(INPUTS, t.signal), (error) => {
    assert.ok(error instanceof Fault);
    assert.equal(error.kind, "configuration");
    assert.ok(error.message.includes(join(folder, `${MODEL}.bin`)), error.message);
    assert.match(error.hint ?? "", /log-vectorizer model install all-minilm-l6-v2\./);
    return true;
  });
});

suite("with the model's file", { skip: skipWithout(MODEL) }, () => {
  test("padded vectors are of the length that the settings say, and cut texts are said to be cut", async (t) => {
    const { embedder } = await open(t, {
      EMBEDDING_MODEL: MODEL,
      MODEL_DIR: modelFolder(),
      EMBEDDING_DIMENSIONS: "400",
      LOCAL_PAD: "true",
      LOCAL_WORKERS: "1",
    });
    const { vectors, truncated } = await embedder.embed(INPUTS, t.signal);
    assert.deepEqual(
      vectors.map((vector) => vector?.length),
      [400, 400],
    );
    assert.deepEqual(truncated, [false, true]);
  });

  test("its threads end with the service that opened it", async (t) => {
    const { embedder, stack } = await open(t, { EMBEDDING_MODEL: MODEL, MODEL_DIR: modelFolder() });
    await embedder.embed(INPUTS, t.signal);
    await stack.disposeAsync();
    await assert.rejects(embedder.embed(INPUTS, t.signal), { kind: "outage" });
  });
});
