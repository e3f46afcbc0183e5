import assert from "node:assert/strict";
import { test, type TestContext } from "node:test";
import type { LogRecord } from "../../../src/domain/log-record.ts";
import type { Located, RecordStore, Target } from "../../../src/ports/record-store.ts";
import {
  errorLog,
  LOG_PROPERTIES,
  onEachOpenSearch,
  openFixture,
} from "../../support/servers/open-search-fixture.ts";
import { openStore, vectorUpdate } from "../../support/servers/open-store.ts";

const { signal } = new AbortController();

/** Search sees what was written only after a refresh that is asked for. */
const UNREFRESHED = { refresh_interval: -1 };
const FLOAT_VECTOR = { properties: { ...LOG_PROPERTIES, log_vector: { type: "float" } } };

await onEachOpenSearch((version) => {
  async function setUp(t: TestContext) {
    const fixture = await openFixture(t, version);
    const store = await openStore(t, fixture);
    const put = (index: string, id: string, source: object, query = "") =>
      fixture.send("PUT", `/${index}/_create/${id}${query}`, { ...source });
    return { ...fixture, fixture, store, put, locate: locating(store) };
  }

  test("an alias leads to the index that has the document", async (t) => {
    const { name, create, put, store, locate } = await setUp(t);
    await create(name("a"), { aliases: { [name("alias")]: {} } });
    await create(name("b"), { aliases: { [name("alias")]: {} } });
    await survey(store);
    await put(name("a"), "1", errorLog("in the first"));
    await put(name("b"), "2", errorLog("in the second"));

    const located = await locate(
      { id: "1", index: name("alias") },
      { id: "2", index: name("alias") },
      { id: "3", index: name("alias") },
    );

    assert.deepEqual(located.map(place), [`${name("a")}/1`, `${name("b")}/2`, "missing"]);
  });

  test("behind a filtered alias nothing is found that the filter hides, by whatever name", async (t) => {
    const { name, create, put, send, store, locate } = await setUp(t);
    const alias = name("tenant_a");
    const hidden = `out-${name("shared")}`;
    await create(hidden, {
      mappings: {
        properties: {
          ...LOG_PROPERTIES,
          tenant: { type: "keyword" },
          log_id: { type: "keyword" },
        },
      },
      settings: { ...UNREFRESHED, number_of_shards: 5 },
      aliases: { [alias]: { filter: { term: { tenant: "a" } } } },
    });
    await create(name("beside"), { settings: UNREFRESHED });
    await survey(store);
    for (const tenant of ["a", "b"]) {
      const log = (id: string) => ({ ...errorLog(`of ${tenant}`), tenant, log_id: `own-${id}` });
      await put(hidden, tenant, log(tenant));
      await put(hidden, `${tenant}-routed`, log(`${tenant}-routed`), "?routing=r");
      await put(hidden, "both", log("both"), `?routing=${tenant}`);
    }
    await put(name("beside"), "fresh", errorLog("beside it"));
    const ids = ["a", "b", "own-a", "own-b"];
    const targets: Target[] = [
      ...ids.map((id) => ({ id, index: alias })),
      ...ids.map((id) => ({ id })),
      ...ids.map((id) => ({ id, index: hidden })),
      ...["a-routed", "b-routed"].map((id) => ({ id, index: alias, shardKey: "r" })),
      { id: "a-routed", index: alias, shardKey: "of nobody" },
      ...["b", "a"].map((shardKey) => ({ id: "both", index: alias, shardKey })),
      { id: "fresh" },
    ];

    const before = (await locate(...targets)).map(place);
    await send("POST", `/${hidden}/_refresh`);
    const after = (await locate(...targets)).map(place);

    const beside = `${name("beside")}/fresh`;
    const unseen = [...targets.slice(1).map(() => "missing"), beside];
    const there = `${hidden}/a`;
    const each = [there, "missing", there, "missing"];
    assert.deepEqual(before, unseen, "a filter shows what search sees");
    const routed = [`${hidden}/a-routed`, "missing", "missing", "missing", `${hidden}/both`];
    assert.deepEqual(after, [...each, ...each, ...each, ...routed, beside]);
  });

  test("after a rollover documents are found in the older and the newer backing index", async (t) => {
    const { name, send, put, store, locate, fixture } = await setUp(t);
    const stream = name("stream");
    await send("PUT", `/_index_template/${stream}`, {
      index_patterns: [stream],
      data_stream: {},
      template: { settings: { "index.knn": true }, mappings: { properties: LOG_PROPERTIES } },
    });
    await put(stream, "old", errorLog("before"));
    await send("POST", `/${stream}/_rollover`);
    await put(stream, "new", errorLog("after"));
    await survey(store);

    const located = await locate({ id: "old", index: stream }, { id: "new", index: stream });

    const records = located.map((one) => found(one).record);
    assert.deepEqual(
      records.map(({ index }) => index),
      [`.ds-${stream}-000001`, `.ds-${stream}-000002`],
    );
    assert.deepEqual(await write(store, records), ["written", "written"]);
    const documents = [...(await fixture.documents(stream)).values()];
    assert.equal(documents.length, 2);
    assert.ok(documents.every(({ source }) => source["log_vector"]));
  });

  test("in more than three indices a document is found once search sees it", async (t) => {
    const { name, create, put, send, store, locate } = await setUp(t);
    const aliases = { [name("alias")]: {} };
    for (const short of ["a", "b", "c", "d"]) {
      await create(name(short), { settings: UNREFRESHED, aliases });
    }
    await survey(store);
    await put(name("c"), "1", errorLog("somewhere"));
    const targets = [{ id: "1" }, { id: "1", index: name("alias") }, { id: "1", index: name("c") }];

    const before = await locate(...targets);
    await send("POST", `/${name("c")}/_refresh`);
    const after = await locate(...targets);

    const there = `${name("c")}/1`;
    assert.deepEqual(before.map(place), ["missing", "missing", there]);
    assert.deepEqual(after.map(place), [there, there, there]);
    assert.deepEqual(found(after[0]).record, found(after[2]).record);
  });

  test("a document with a routing of its own is found by search, and written by its routing", async (t) => {
    const { name, create, put, send, store, locate, fixture } = await setUp(t);
    const index = name("routed");
    await create(index, {
      mappings: { _routing: { required: true }, properties: LOG_PROPERTIES },
      settings: { ...UNREFRESHED, number_of_shards: 3 },
    });
    await survey(store);
    const ids = ["a", "b", "c"];
    for (const id of ids) await put(index, id, errorLog(`Disk ${id}`), `?routing=tenant-${id}`);
    const targets = ids.map((id) => ({ id, index }));

    assert.deepEqual((await locate(...targets)).map(place), ["missing", "missing", "missing"]);
    await send("POST", `/${index}/_refresh`);
    const records = (await locate(...targets)).map((one) => found(one).record);

    assert.deepEqual(
      records.map(({ shardKey }) => shardKey),
      ["tenant-a", "tenant-b", "tenant-c"],
    );
    assert.deepEqual(await write(store, records), ["written", "written", "written"]);
    const documents = [...(await fixture.documents(index)).values()];
    assert.equal(documents.length, 3);
    assert.ok(documents.every(({ source }) => source["log_vector"]));
  });

  test("a routed document that has a vector keeps its routing, however it is found", async (t) => {
    const { name, create, put, send, store, locate } = await setUp(t);
    const index = name("routed");
    await create(index, {
      mappings: {
        _routing: { required: true },
        properties: { ...LOG_PROPERTIES, log_id: { type: "keyword" } },
      },
    });
    await survey(store);
    const source = { ...errorLog("old text"), log_id: "own" };
    await put(index, "1", source, "?routing=tenant");
    const known = { id: "1", index, shardKey: "tenant" };
    const [first] = await locate(known);
    assert.deepEqual(await write(store, [found(first).record]), ["written"]);
    const doc = { message: "new text" };
    await send("POST", `/${index}/_update/1?routing=tenant&refresh=true`, { doc });

    const located = await locate(known, { id: "1", index }, { id: "own", index }, { id: "own" });

    for (const one of located) {
      const { record, current } = found(one);
      assert.equal(record.shardKey, "tenant");
      assert.equal(record.text, "new text");
      assert.ok(current.state === "current" && current.changed && current.vector);
    }
  });

  const IDS: [string, object | undefined, unknown, string, "found" | "missing"][] = [
    ["a keyword", { type: "keyword" }, "own-7", "own-7", "found"],
    [
      "a text with a keyword beside it",
      { type: "text", fields: { raw: { type: "keyword" } } },
      "own-7",
      "own-7",
      "found",
    ],
    ["a text alone", { type: "text" }, "own-7", "own-7", "missing"],
    ["a long", { type: "long" }, 7, "7", "found"],
    ["an integer", { type: "integer" }, 7, "7", "found"],
    ["an unsigned long", { type: "unsigned_long" }, 7, "7", "found"],
    ["no field that is indexed", undefined, "own-7", "own-7", "missing"],
  ];

  for (const [what, mapping, value, id, expected] of IDS) {
    test(`a log's own id as ${what} is ${expected}, whatever else is sought with it`, async (t) => {
      const { name, create, put, store, locate } = await setUp(t);
      const index = name("own_ids");
      const log_id = mapping === undefined ? {} : { log_id: mapping };
      await create(index, {
        mappings: { dynamic: false, properties: { ...LOG_PROPERTIES, ...log_id } },
      });
      await survey(store);
      await put(index, "x", { ...errorLog("Disk full"), log_id: value }, "?refresh=true");
      const odd = ["word", "-5", "99999999999", "9".repeat(18), "9".repeat(40), "1.5", "ü / *"];

      const located = await locate(
        ...odd.map((other) => ({ id: other, index })),
        { id, index },
        { id },
        { id: "x", index },
      );

      const there = `${index}/x`;
      const own = expected === "found" ? there : "missing";
      assert.deepEqual(located.map(place), [...odd.map(() => "missing"), own, own, there]);
    });
  }

  test("a message that belongs to an unfit index is reported as such, and a fit index beside it is still searched", async (t) => {
    const { name, create, put, store, locate } = await setUp(t);
    const aliases = { [name("alias")]: {} };
    await create(name("unfit"), { mappings: FLOAT_VECTOR, aliases });
    await create(name("fit"), { aliases });
    await survey(store);
    await put(name("unfit"), "1", errorLog("Disk full"), "?refresh=true");
    await put(name("fit"), "2", errorLog("Disk full"));

    const located = await locate(
      { id: "1", index: name("unfit") },
      { id: "1", index: name("alias") },
      { id: "1" },
      { id: "2", index: name("alias") },
    );

    assert.deepEqual(located.map(place), ["unfit", "missing", "missing", `${name("fit")}/2`]);
  });

  test("an index outside the pattern is as unknown as one that is not there yet", async (t) => {
    const { name, create, put, prefix, store, locate } = await setUp(t);
    const outside = `out-${prefix}logs`;
    await create(outside);
    await create(name("inside"));
    await survey(store);
    await put(outside, "1", errorLog("Disk full"), "?refresh=true");
    await create(name("new"));
    await put(name("new"), "2", errorLog("Disk full"));
    const unknown = { state: "missing", unknownIndex: true };

    assert.deepEqual(
      await locate({ id: "1", index: outside }, { id: "2", index: name("new") }, { id: "1" }),
      [unknown, unknown, { state: "missing", unknownIndex: false }],
    );
    await survey(store);
    const located = await locate({ id: "1", index: outside }, { id: "2", index: name("new") });
    assert.deepEqual(located.map(place), ["missing", `${name("new")}/2`]);
  });

  test("an index that was deleted since the survey holds nothing, and stays deleted", async (t) => {
    const { name, create, send, store, locate } = await setUp(t);
    for (const short of ["a", "b", "c", "d"]) await create(name(short));
    await survey(store);
    await send("DELETE", `/${name("a")}`);

    const located = await locate({ id: "1", index: name("a") }, { id: "1" });

    assert.deepEqual(located.map(place), ["missing", "missing"]);
    await assert.rejects(send("GET", `/${name("a")}`), /index_not_found_exception/);
  });

  test("young records are left out of search and scan; old ones and one a year ahead are not", async (t) => {
    const { fixture, name, create, fill } = await setUp(t);
    const index = name("ages");
    await create(index);
    const aged = (seconds: number) => ({
      ...errorLog(`aged ${seconds}`),
      "@timestamp": new Date(Date.now() - seconds * 1000).toISOString(),
    });
    const year = 365 * 24 * 3600;
    await fill(index, [aged(5), aged(300), aged(-60), aged(-year), aged(year)]);
    const store = await openStore(t, fixture, { minAgeMs: 120_000 });
    const everything = await openStore(t, fixture);
    for (const one of [store, everything]) await survey(one);

    const taken = await pending(store, index);
    await using scan = await store.openScan(index, signal);
    const scanned = (await scan.next(10, signal)).map(({ id }) => id);

    assert.deepEqual(taken, ["3", "1", "4"]);
    assert.deepEqual(scanned.toSorted(), ["1", "3", "4"]);
    assert.equal((await pending(everything, index)).length, 5);
    const { rows } = await store.coverage({ indices: [index] }, signal);
    assert.equal(rows[0]?.pending, 5);
  });
});

function locating(store: RecordStore) {
  return (...targets: Target[]) => store.locate(targets, signal);
}

/** Gives every fit index its mapping. */
async function survey(store: RecordStore): Promise<void> {
  const { fit } = await store.survey(signal);
  const names = fit.map(({ index }) => index);
  assert.deepEqual((await store.prepare(names, signal)).refused, []);
}

async function write(store: RecordStore, records: readonly LogRecord[]): Promise<string[]> {
  const updates = records.map((record) => vectorUpdate(record));
  return (await store.write(updates, signal)).map(({ status }) => status);
}

async function pending(store: RecordStore, index: string): Promise<string[]> {
  const query = { indices: [index], limit: 1000, excludeKeys: [] };
  return (await store.findPending(query, signal)).records.map(({ id }) => id);
}

function found(located: Located | undefined): Extract<Located, { state: "found" }> {
  assert.equal(located?.state, "found");
  return located;
}

function place(located: Located): string {
  return located.state === "found" ? `${located.record.index}/${located.record.id}` : located.state;
}
