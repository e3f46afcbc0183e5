import assert from "node:assert/strict";
import { test } from "node:test";
import { z } from "zod";
import { textHash } from "../../src/enrichment/text.ts";
import type { LogStore } from "../../src/ports.ts";
import type { Request } from "../../src/adapters/opensearch/api.ts";
import { LOCAL_MODEL } from "../../src/config/embedding-config.ts";
import {
  DIMENSIONS,
  errorLog,
  LOG_PROPERTIES,
  onEachOpenSearch,
  openFixture,
} from "../support/open-search-fixture.ts";
import type { OpenSearchFixture } from "../support/open-search-fixture.ts";
import { openStore, vectorUpdate } from "../support/open-store.ts";
import { outcomesOf, printedSummary } from "../support/printed-json.ts";
import { runVectorizer } from "../support/run-command.ts";
import { stubVector } from "../support/stub-vector.ts";

const { signal } = new AbortController();
const unindexed = { dynamic: false, properties: LOG_PROPERTIES };

await onEachOpenSearch((version) => {
  test("a record with routing is found again by its routing", async (t) => {
    const fixture = await openFixture(t, version);
    const index = fixture.name("routed");
    await fixture.create(index, {
      mappings: { _routing: { required: true }, properties: LOG_PROPERTIES },
      settings: { number_of_shards: 3 },
    });
    for (const id of ["a", "b", "c"]) {
      const path = `/${index}/_doc/${id}?routing=tenant-${id}&refresh=true`;
      await fixture.send("PUT", path, errorLog(`Disk of ${id} is full`));
    }

    const ended = await runVectorizer(t, ["--once", "--json"], { env: fixture.env });

    assert.deepEqual(outcomesOf(printedSummary(ended)), { updated: 3 });
    assert.equal(await countWithVector(fixture, index), 3);
    // A hit that carries a vector rebuilt from the index hides its routing.
    const documents = await fixture.documents(index, { excludes: "log_vector" });
    assert.deepEqual(
      [...documents.values()].map(({ id, routing }) => [id, routing]).toSorted(),
      ["a", "b", "c"].map((id) => [id, `tenant-${id}`]),
    );
  });

  test("a look at a routed record that got a vector in the meantime keeps the routing", async (t) => {
    const fixture = await openFixture(t, version);
    const index = fixture.name("routed");
    const mappings = { _routing: { required: true }, properties: LOG_PROPERTIES };
    await fixture.create(index, { mappings });
    const path = `/${index}/_doc/a?routing=tenant&refresh=true`;
    await fixture.send("PUT", path, errorLog("Disk full"));
    const store = await openStore(t, fixture);
    await survey(store);
    const records = await pending(store, index);
    await fixture.send("PUT", path, stamped("Disk empty", "another-model"));

    const [look] = await store.look(records, signal);

    assert.ok(look?.state === "current" && look.changed && look.vector);
    assert.equal(look.record.routing, "tenant");
  });

  test("a record that changed since it was read keeps its change and gets no vector", async (t) => {
    const { fixture, store, index } = await oneIndex(t, [errorLog("old"), errorLog("other", 1)]);
    const records = await pending(store, index);
    await fixture.send("POST", `/${index}/_update/0`, { doc: { message: "new" } });

    const results = await store.write(records.map((record) => vectorUpdate(record)), signal);

    const statusOf = new Map(records.map(({ id }, i) => [id, results[i]?.status]));
    assert.deepEqual([statusOf.get("0"), statusOf.get("1")], ["conflicted", "written"]);
    const documents = await fixture.documents(index);
    assert.deepEqual(documents.get(`${index}/0`)?.source, errorLog("new"));
    assert.ok(documents.get(`${index}/1`)?.source["log_vector"]);
  });

  test("a record deleted since it was read does not come back", async (t) => {
    const { fixture, store, index } = await oneIndex(t, [errorLog("gone")]);
    const records = await pending(store, index);
    await fixture.send("DELETE", `/${index}/_doc/0`);

    const results = await store.write(records.map((record) => vectorUpdate(record)), signal);

    assert.deepEqual(results, [{ status: "missing" }]);
    assert.equal((await fixture.documents(index)).size, 0);
  });

  test("an index deleted between look and write is not brought back", async (t) => {
    const { fixture, store, index } = await oneIndex(t, [errorLog("gone with its index")]);
    const other = fixture.name("stays");
    await fixture.create(other);
    await fixture.fill(other, [errorLog("stays")]);
    await survey(store);
    const records = [...(await pending(store, index)), ...(await pending(store, other))];
    await store.look(records, signal);
    await fixture.send("DELETE", `/${index}`);

    const results = await store.write(records.map((record) => vectorUpdate(record)), signal);

    assert.deepEqual(results, [{ status: "missing" }, { status: "written" }]);
    await assert.rejects(fixture.send("GET", `/${index}`), /index_not_found_exception/);
  });

  test("a data stream deleted between look and write is not brought back", async (t) => {
    const fixture = await openFixture(t, version);
    const stream = fixture.name("stream");
    await fixture.send("PUT", `/_index_template/${stream}`, {
      index_patterns: [stream],
      data_stream: {},
      template: { settings: { "index.knn": true }, mappings: { properties: LOG_PROPERTIES } },
    });
    await fixture.fill(stream, [errorLog("gone with its stream")]);
    const store = await openStore(t, fixture);
    const [backing = ""] = await survey(store);
    const records = await pending(store, backing);
    assert.equal(records.length, 1);
    await fixture.send("DELETE", `/_data_stream/${stream}`);

    const results = await store.write(records.map((record) => vectorUpdate(record)), signal);

    assert.deepEqual(results, [{ status: "missing" }]);
    const { indices } = await fixture.send(
      "GET",
      `/_resolve/index/${stream}*,.ds-${stream}*?expand_wildcards=all`,
    );
    assert.deepEqual(indices, []);
  });

  test("long vectors of many records are written in requests of at most 5 MB", async (t) => {
    const dimensions = 4096;
    const fixture = await openFixture(t, version);
    const index = fixture.name("long");
    await fixture.create(index);
    await fixture.fill(
      index,
      Array.from({ length: 150 }, (_, i) => errorLog(`Failure number ${i}`, i)),
    );
    const sizes: number[] = [];
    const spy = ({ path, lines = "" }: Request) => {
      if (path === "/_bulk") sizes.push(Buffer.byteLength(lines));
    };
    const store = await openStore(t, fixture, { dimensions, spy });
    await survey(store);
    const records = await pending(store, index);

    const updates = records.map((record) => vectorUpdate(record, dimensions));
    const results = await store.write(updates, signal);

    assert.equal(results.length, 150);
    assert.ok(results.every(({ status }) => status === "written"));
    assert.ok(sizes.length >= 2, `${sizes.length} requests`);
    assert.ok(Math.max(...sizes) <= 5_000_000, `${Math.max(...sizes)} bytes in one request`);
    await store.refresh([index], signal);
    const { rows } = await store.coverage([index], signal);
    assert.equal(rows[0]?.vectorized, 150);
  });

  test("vectors written before their mapping are repaired, and nothing is paid for it", async (t) => {
    const fixture = await openFixture(t, version);
    const index = fixture.name("unindexed");
    await fixture.create(index, { mappings: unindexed });
    const texts = ["Disk full", "Connection refused"];
    await fixture.fill(
      index,
      texts.map((text) => stamped(text, LOCAL_MODEL)),
    );

    const first = await runVectorizer(t, ["--once", "--json"], { env: fixture.env });
    const second = await runVectorizer(t, ["--once", "--json"], { env: fixture.env });

    const summary = printedSummary(first);
    assert.deepEqual(outcomesOf(summary), { reused: 2 });
    assert.deepEqual([summary.embedding.requests, summary.embedding.texts], [0, 0]);
    assert.equal(printedSummary(second).found, 0);
    assert.equal(await countWithVector(fixture, index), 2);
    for (const { source } of (await fixture.documents(index)).values()) {
      const { log_vector: written } = stamped(String(source["message"]), LOCAL_MODEL);
      assert.deepEqual(floats(source["log_vector"]), floats(written));
    }
  });

  test("an unindexed vector of another model or text is replaced, not repaired", async (t) => {
    const fixture = await openFixture(t, version);
    const index = fixture.name("foreign");
    await fixture.create(index, { mappings: unindexed });
    const otherText = { ...stamped("Disk full", LOCAL_MODEL), message: "Disk empty" };
    await fixture.fill(index, [stamped("Disk full", "another-model"), otherText]);

    const ended = await runVectorizer(t, ["--once", "--json"], { env: fixture.env });

    assert.deepEqual(outcomesOf(printedSummary(ended)), { updated: 2 });
    for (const { source } of (await fixture.documents(index)).values()) {
      const old = stamped(String(source["message"]), LOCAL_MODEL);
      const { embedded_at: _, ...stamp } = Object(source["log_vector_meta"]);
      const { embedded_at: __, ...expected } = old.log_vector_meta;
      assert.deepEqual(stamp, expected);
      assert.notDeepEqual(floats(source["log_vector"]), floats(old.log_vector));
    }
  });

  test("marks of earlier failures do not outlive success", async (t) => {
    const fixture = await openFixture(t, version);
    const index = fixture.name("marked");
    await fixture.create(index, { mappings: unindexed });
    const mark = { attempts: 2, error: "boom", next_try: "2026-01-01T00:00:00Z" };
    await fixture.fill(index, [{ ...errorLog("Disk full"), log_vector_meta: mark }]);

    const ended = await runVectorizer(t, ["--once", "--json"], { env: fixture.env });

    assert.deepEqual(outcomesOf(printedSummary(ended)), { updated: 1 });
    for (const key of Object.keys(mark)) {
      assert.equal(await count(fixture, index, { exists: { field: `log_vector_meta.${key}` } }), 0);
    }
    assert.equal(await count(fixture, index, { term: { "log_vector_meta.model": LOCAL_MODEL } }), 1);
  });

  test("a record that its owner indexes anew gets its vector again", async (t) => {
    const fixture = await openFixture(t, version);
    const index = fixture.name("reindexed");
    await fixture.create(index);
    await fixture.fill(index, [errorLog("Disk full"), errorLog("Disk fine", 1)]);
    const first = await runVectorizer(t, ["--once", "--json"], { env: fixture.env });
    assert.deepEqual(outcomesOf(printedSummary(first)), { updated: 2 });
    await fixture.send("PUT", `/${index}/_doc/0?refresh=true`, errorLog("Disk still full"));

    const second = await runVectorizer(t, ["--once", "--json"], { env: fixture.env });

    const summary = printedSummary(second);
    assert.deepEqual([summary.found, outcomesOf(summary)], [1, { updated: 1 }]);
    const source = (await fixture.documents(index)).get(`${index}/0`)?.source;
    assert.equal(Object(source?.["log_vector_meta"]).text_hash, textHash("Disk still full"));
    assert.equal(await countWithVector(fixture, index), 2);
  });

  test("blank messages are marked once, and are no backlog any more", async (t) => {
    const fixture = await openFixture(t, version);
    const index = fixture.name("blank");
    await fixture.create(index);
    await fixture.fill(index, ["", " \n\t", "Disk full"].map((text, i) => errorLog(text, i)));

    const first = await runVectorizer(t, ["--once", "--json"], { env: fixture.env });
    const second = await runVectorizer(t, ["--once", "--json"], { env: fixture.env });

    const summary = printedSummary(first);
    assert.equal(first.code, 0);
    assert.deepEqual(outcomesOf(summary), { updated: 1, empty: 2 });
    assert.deepEqual([summary.found, summary.backlog], [3, 0]);
    assert.equal(printedSummary(second).taken, 0);
    const marks = { term: { "log_vector_meta.skipped": "empty" } };
    assert.equal(await count(fixture, index, marks), 2);
  });

  async function oneIndex(t: Parameters<typeof openFixture>[0], sources: Record<string, unknown>[]) {
    const fixture = await openFixture(t, version);
    const index = fixture.name("records");
    await fixture.create(index);
    await fixture.fill(index, sources);
    const store = await openStore(t, fixture);
    await survey(store);
    return { fixture, store, index };
  }
});

/** Names of the fit indices, all of them mapped. */
async function survey(store: LogStore): Promise<string[]> {
  const { fit, unfit } = await store.survey(signal);
  assert.deepEqual(unfit, []);
  const names = fit.map(({ index }) => index);
  assert.deepEqual(await store.prepare(names, signal), []);
  return names;
}

async function pending(store: LogStore, index: string) {
  const query = { indices: [index], limit: 1000, excludeIds: [] };
  return (await store.findPending(query, signal)).records;
}

/** A record as an earlier run left it. */
function stamped(text: string, model: string) {
  return {
    ...errorLog(text),
    log_vector: Array.from(stubVector(text, DIMENSIONS), (value) => Math.round(value * 1e8) / 1e8),
    log_vector_meta: {
      model,
      dimensions: DIMENSIONS,
      text_hash: textHash(text),
      embedded_at: "2025-12-31T00:00:00.000Z",
      truncated: false,
    },
  };
}

/** As the index keeps them. */
function floats(vector: unknown): Float32Array {
  return Float32Array.from(z.array(z.number()).parse(vector));
}

async function count({ send }: OpenSearchFixture, index: string, query: Record<string, unknown>) {
  return (await send("POST", `/${index}/_count`, { query }))["count"];
}

function countWithVector(fixture: OpenSearchFixture, index: string) {
  return count(fixture, index, { exists: { field: "log_vector" } });
}
