import assert from "node:assert/strict";
import { test } from "node:test";
import { decideModel } from "../../../../src/app/parts/model-in-force.ts";
import { loadConfig } from "../../../../src/config/config.ts";
import { Fault } from "../../../../src/domain/faults.ts";
import { createFakeLogStore } from "../../../support/fakes/fake-log-store.ts";
import { createMemoryState } from "../../../support/fakes/memory-state.ts";
import { sourcesOf } from "../../config/sources-of.ts";

const HASHING = "local-hashing-v1";
const MINILM = "all-minilm-l6-v2-int8@1";
const OUTAGE = new Fault("outage", "fake: connection refused");

function setUp() {
  const store = createFakeLogStore();
  const state = createMemoryState();
  let number = 0;
  return {
    store,
    state,
    stamp(model: string, index = "a") {
      const log_vector_meta = { model, dimensions: 2 };
      const source = { level: "ERROR", message: "m", log_vector: [1, 2], log_vector_meta };
      store.seed([{ index, id: `${number++}`, source }]);
    },
    async decide(env: Record<string, string> = {}) {
      const sources = sourcesOf({ EMBEDDING_PROVIDER: "local", ...env });
      const { config } = loadConfig(sources, { needsEmbedder: true });
      const decided = await decideModel(config, { store, state }, new AbortController().signal);
      assert.equal(decided.vector.dimensions, decided.inForce.dimensions);
      assert.equal(decided.embedding?.model, decided.inForce.model);
      return decided.inForce.model;
    },
  };
}

for (const [stored, model] of [
  [[], MINILM],
  [[HASHING], HASHING],
  [[MINILM], MINILM],
  [[HASHING, MINILM], MINILM],
  [["text-embedding-3-large"], MINILM],
] as const) {
  test(`with vectors of ${stored.join(" and ") || "no model"} the store is opened for ${model}`, async () => {
    const { stamp, decide } = setUp();
    for (const one of stored) stamp(one);
    assert.equal(await decide(), model);
  });
}

test("a model that the settings name is not looked for in the stamps", async () => {
  const { store, stamp, decide } = setUp();
  stamp(HASHING);
  assert.equal(await decide({ EMBEDDING_MODEL: "all-minilm-l6-v2" }), MINILM);
  assert.equal(await decide({ EMBEDDING_DIMENSIONS: "64" }), HASHING);
  assert.equal(store.calls.storedModels, 0);
});

test("while the store does not answer nothing is guessed, and what was decided before holds", async () => {
  const { store, stamp, decide } = setUp();
  const fail = () => {
    throw OUTAGE;
  };
  store.before("storedModels", fail);
  await assert.rejects(decide(), OUTAGE);
  store.before("storedModels", undefined);
  stamp(HASHING);
  assert.equal(await decide(), HASHING);
  store.before("storedModels", fail);
  assert.equal(await decide(), HASHING);
  // Another field is another installation.
  await assert.rejects(decide({ VECTOR_FIELD: "second" }), OUTAGE);
  await assert.rejects(decide({ OPENSEARCH_INDEX_PATTERN: "other-*" }), OUTAGE);
});

test("after a change of the vectors the store's answer holds, and no longer what was decided before", async () => {
  const { stamp, decide } = setUp();
  stamp(HASHING);
  assert.equal(await decide(), HASHING);
  stamp(MINILM);
  assert.equal(await decide(), MINILM);
});

test("where a part is not seen, what is seen decides, and nothing seen is no answer", async () => {
  const { store, stamp, decide } = setUp();
  stamp("text-embedding-3-large", "red");
  store.define("red", { partial: "1 of 1 shards failed" });
  await assert.rejects(decide(), (error) => {
    assert.ok(error instanceof Fault);
    assert.equal(error.kind, "outage");
    assert.match(error.message, /red: 1 of 1 shards failed/);
    assert.match(error.hint ?? "", /EMBEDDING_MODEL/);
    return true;
  });
  stamp(HASHING);
  assert.equal(await decide(), HASHING);
});

test("a decision from all indices outweighs a partial answer", async () => {
  const { store, stamp, decide } = setUp();
  stamp(MINILM, "red");
  assert.equal(await decide(), MINILM);
  stamp(HASHING);
  store.drop("red");
  store.define("a", { partial: "1 of 1 shards failed" });
  assert.equal(await decide(), MINILM);
});
