import assert from "node:assert/strict";
import { test } from "node:test";
import type { Request } from "../../../src/adapters/opensearch/api.ts";
import type { RecordStore } from "../../../src/ports/record-store.ts";
import {
  errorLog,
  LOG_PROPERTIES,
  onEachOpenSearch,
  openFixture,
} from "../../support/servers/open-search-fixture.ts";
import { openStore, stampedLog, vectorUpdate } from "../../support/servers/open-store.ts";
import { outcomesOf, printedSummary } from "../../support/asserts/printed-json.ts";
import { runVectorizer } from "../../support/commands/run-command.ts";

const { signal } = new AbortController();

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
    const { count } = await fixture.send("POST", `/${index}/_count`, {
      query: { exists: { field: "log_vector" } },
    });
    assert.equal(count, 3);
    // A hit that carries a vector rebuilt from the index hides its routing.
    const documents = await fixture.documents(index, { excludes: "log_vector" });
    assert.deepEqual(
      [...documents.values()].map(({ id, routing }) => `${id} ${routing}`).toSorted(),
      ["a tenant-a", "b tenant-b", "c tenant-c"],
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
    await fixture.send("PUT", path, stampedLog("Disk empty", "another-model"));

    const [look] = await store.readCurrent(records, signal);

    assert.ok(look?.state === "current" && look.changed && look.vector);
    assert.equal(look.record.shardKey, "tenant");
  });

  test("a record that changed since it was read keeps its change and gets no vector", async (t) => {
    const { fixture, store, index } = await oneIndex(t, [errorLog("old"), errorLog("other", 1)]);
    const records = await pending(store, index);
    await fixture.send("POST", `/${index}/_update/0`, { doc: { message: "new" } });

    const results = await store.write(
      records.map((record) => vectorUpdate(record)),
      signal,
    );

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

    const results = await store.write(
      records.map((record) => vectorUpdate(record)),
      signal,
    );

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
    await store.readCurrent(records, signal);
    await fixture.send("DELETE", `/${index}`);

    const results = await store.write(
      records.map((record) => vectorUpdate(record)),
      signal,
    );

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

    const results = await store.write(
      records.map((record) => vectorUpdate(record)),
      signal,
    );

    assert.deepEqual(results, [{ status: "missing" }]);
    const { indices } = await fixture.send(
      "GET",
      `/_resolve/index/${stream}*,.ds-${stream}*?expand_wildcards=all`,
    );
    assert.deepEqual(indices, []);
  });

  test("two batches that come upon a new index together map it once, and both may write", async (t) => {
    const fixture = await openFixture(t, version);
    const index = fixture.name("new");
    await fixture.create(index);
    const puts: string[] = [];
    const spy = ({ method, path }: Request) => {
      if (method === "PUT") puts.push(path);
    };
    const store = await openStore(t, fixture, { spy });
    await store.survey(signal);

    const prepared = await Promise.all([1, 2].map(() => store.prepare([index], signal)));
    const later = await store.prepare([index], signal);

    assert.deepEqual(puts, [`/${index}/_mapping`]);
    assert.deepEqual(
      prepared.flatMap(({ mapped }) => mapped),
      [index],
    );
    assert.deepEqual(
      [...prepared, later].flatMap(({ refused }) => refused),
      [],
    );
    assert.deepEqual(later.mapped, []);
  });

  test("an index that takes no mapping is refused to each of two batches", async (t) => {
    const fixture = await openFixture(t, version);
    const index = fixture.name("full");
    await fixture.create(index, { settings: { "mapping.total_fields.limit": 3 } });
    const store = await openStore(t, fixture);
    await store.survey(signal);

    const prepared = await Promise.all([1, 2].map(() => store.prepare([index], signal)));

    for (const { mapped, refused } of prepared) {
      assert.deepEqual(mapped, []);
      assert.deepEqual(
        refused.map((one) => one.index),
        [index],
      );
      assert.match(refused[0]?.reason ?? "", /took no mapping for log_vector/);
    }
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
    await store.makeVisible([index], signal);
    const { rows } = await store.coverage({ indices: [index] }, signal);
    assert.equal(rows[0]?.vectorized, 150);
  });

  async function oneIndex(
    t: Parameters<typeof openFixture>[0],
    sources: Record<string, unknown>[],
  ) {
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
async function survey(store: RecordStore): Promise<string[]> {
  const { fit, unfit } = await store.survey(signal);
  assert.deepEqual(unfit, []);
  const names = fit.map(({ index }) => index);
  assert.deepEqual((await store.prepare(names, signal)).refused, []);
  return names;
}

async function pending(store: RecordStore, index: string) {
  const query = { indices: [index], limit: 1000, excludeKeys: [] };
  return (await store.findPending(query, signal)).records;
}
