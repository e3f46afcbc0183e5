import assert from "node:assert/strict";
import { test } from "node:test";
import {
  BASIS_PROPERTIES,
  SEAL_PROPERTIES,
  STAMP_PROPERTIES,
} from "../../../src/adapters/opensearch/mapping.ts";
import { signed, signer, textHash } from "../../support/fakes/signer.ts";
import { createUnseenVectors } from "../../../src/pipeline/unseen-vectors.ts";
import { createMemoryState } from "../../support/fakes/memory-state.ts";
import {
  DIMENSIONS,
  errorLog,
  LOG_PROPERTIES,
  onEachOpenSearch,
  openFixture,
} from "../../support/servers/open-search-fixture.ts";
import { openStore, stampedLog, vectorUpdate } from "../../support/servers/open-store.ts";
import { stubVector } from "../../support/fakes/stub-vector.ts";

const { signal } = new AbortController();
const TEXT = "Disk full";
const VECTOR = {
  type: "knn_vector",
  dimension: DIMENSIONS,
  method: { name: "hnsw", engine: "lucene" },
};

/** The mapping as it should be, but for the hash. */
function mappingsWith(hash: Record<string, unknown>) {
  const known = { ...STAMP_PROPERTIES, ...BASIS_PROPERTIES, ...SEAL_PROPERTIES };
  const stamp = { dynamic: false, properties: { ...known, text_hash: hash } };
  return { properties: { ...LOG_PROPERTIES, log_vector: VECTOR, log_vector_meta: stamp } };
}

await onEachOpenSearch((version) => {
  test("indices by whose mapping no hash can be sought do not keep others from being asked", async (t) => {
    const fixture = await openFixture(t, version);
    const good = fixture.name("good");
    for (const [short, hash] of [
      ["text", { type: "text", fields: { keyword: { type: "keyword" } } }],
      ["bare", { type: "keyword", doc_values: false }],
      ["good", { type: "keyword" }],
    ] as const) {
      await fixture.create(fixture.name(short), { mappings: mappingsWith(hash) });
      const log = short === "good" ? stampedLog(TEXT, "m") : stampedLog(`${short} ${TEXT}`, "m");
      await fixture.fill(fixture.name(short), [log]);
    }
    await fixture.create(fixture.name("plain"));
    await fixture.fill(fixture.name("plain"), [errorLog(TEXT)]);
    const store = await openStore(t, fixture);
    assert.equal((await store.survey(signal)).fit.length, 4);

    const textHashes = [TEXT, `text ${TEXT}`, `bare ${TEXT}`].map(textHash);
    const found = await store.findVectors(
      { textHashes, model: "m", dimensions: DIMENSIONS, signer },
      signal,
    );

    assert.deepEqual([...found.keys()], [textHash(TEXT)]);
    assert.equal(found.get(textHash(TEXT))?.vector.length, DIMENSIONS);
    await fixture.send("POST", `/${good}/_close`);
    const closed = await store.findVectors(
      { textHashes, model: "m", dimensions: DIMENSIONS, signer },
      signal,
    );
    assert.equal(closed.size, 0, "an index that is closed since the survey");
  });

  test("a vector is not paid for again while its index is refreshed by nobody", async (t) => {
    const fixture = await openFixture(t, version);
    const index = fixture.name("logs");
    const mappings = mappingsWith({ type: "keyword" });
    await fixture.create(index, { mappings, settings: { refresh_interval: "-1" } });
    await fixture.fill(index, [errorLog(TEXT)]);
    const store = await openStore(t, fixture);
    await store.survey(signal);
    const what = { indices: [index], limit: 10, excludeKeys: [] };
    const [record] = (await store.findPending(what, signal)).records;
    assert.ok(record);
    const hash = textHash(TEXT);
    const embedder = { model: "stub", dimensions: DIMENSIONS };
    const state = createMemoryState();
    const unseen = createUnseenVectors({
      store,
      state,
      embedder,
      signer,
      clock: { now: Date.now },
    });

    await store.write([vectorUpdate(record)], signal);
    unseen.written(hash, record);

    const query = { textHashes: [hash], ...embedder, signer };
    assert.equal((await store.findVectors(query, signal)).size, 0, "search does not see it");
    const found = (await unseen.find([hash], signal)).get(hash);
    await store.makeVisible([index], signal);
    const searched = (await store.findVectors(query, signal)).get(hash);
    assert.ok(searched);
    assert.deepEqual(found, searched, "as search finds it later");
  });

  for (const derived of version.startsWith("3") ? [true, false] : [false]) {
    test(`vectors come back to the last bit, the source ${derived ? "derived" : "kept"}`, async (t) => {
      const fixture = await openFixture(t, version);
      const settings = version.startsWith("3") ? { "knn.derived_source.enabled": derived } : {};
      const mappings = mappingsWith({ type: "keyword" });
      await fixture.create(fixture.name("logs"), { mappings, settings });
      const vector = stubVector(TEXT, DIMENSIONS);
      const stamp = signed(stampedLog(TEXT, "m").log_vector_meta, vector);
      const log = { ...errorLog(TEXT), log_vector: [...vector], log_vector_meta: stamp };
      await fixture.fill(fixture.name("logs"), [log]);
      const store = await openStore(t, fixture);
      await store.survey(signal);

      const query = { textHashes: [textHash(TEXT)], model: "m", dimensions: DIMENSIONS, signer };
      const found = await store.findVectors(query, signal);

      assert.deepEqual(found.get(textHash(TEXT)), { vector, truncated: false });
    });
  }
});
