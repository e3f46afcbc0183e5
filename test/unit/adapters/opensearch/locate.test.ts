import assert from "node:assert/strict";
import { test } from "node:test";
import { asVersion } from "../../../../src/domain/version.ts";
import type { IndexShape } from "../../../../src/adapters/opensearch/index-shape.ts";
import { locate } from "../../../../src/adapters/opensearch/locate.ts";
import type { Located, Target } from "../../../../src/ports/record-store.ts";
import { Fault } from "../../../../src/domain/faults.ts";
import { createFakeApi, linesOf, type Sent } from "./fake-api.ts";
import { FIELDS, SHAPE } from "./index-facts.ts";

type Source = Record<string, unknown>;
type Asked = { _index: string; _id: string; routing?: string };

const OWN_ID = [{ name: "log_id", source: "log_id" }];
const NUMBER = [{ name: "log_id", source: "log_id", range: { least: -10, most: 99 } }];
const MISSING: Located = { state: "missing", unknownIndex: false };

/** A cluster of so many indices a, b, c, …; documents by "index/id", those in `seen` found by search. */
function cluster(
  indices: number,
  {
    documents = {},
    seen = {},
    shape = {},
    routed = {},
  }: {
    documents?: Record<string, Source>;
    seen?: Record<string, Source>;
    shape?: Partial<IndexShape>;
    routed?: Record<string, string>;
  } = {},
) {
  const names = Array.from({ length: indices }, (_, i) => String.fromCodePoint(97 + i));
  const stored = (key: string, source: Source) => {
    const [index = "", id = ""] = key.split("/");
    return { _index: index, _id: id, _seq_no: 5, _primary_term: 2, _source: source };
  };
  const fake = createFakeApi((request) => {
    if (request.path === "/_mget") {
      const docs = askedOf(request).map(({ _index: index, _id: id }) => {
        const source = documents[`${index}/${id}`];
        const key = `${index}/${id}`;
        return source ? { ...stored(key, source), found: true } : { found: false };
      });
      return { docs };
    }
    assert.equal(request.path, "/_msearch");
    const hits = Object.entries(seen).map(([key, source]) => {
      const routing = routed[key];
      return { ...stored(key, source), ...(routing === undefined ? {} : { _routing: routing }) };
    });
    const groups = linesOf(request).length / 2;
    return {
      responses: Array.from({ length: groups }, (_, i) => ({
        _shards: { failed: 0 },
        hits: { hits: i === 0 ? hits : [] },
      })),
    };
  });
  const shapes = new Map(
    names.map((index): [string, IndexShape] => [index, { ...SHAPE, ...shape, index }]),
  );
  const known = {
    shapes,
    names: new Map<string, string[]>([
      ...names.map((name): [string, string[]] => [name, [name]]),
      ["all", names],
      ["closed", ["shut"]],
    ]),
    fields: FIELDS,
  };
  const ask = (...targets: Target[]) =>
    locate(fake.api, targets, known, new AbortController().signal);
  return { ask, sent: fake.sent, shapes };
}

function askedOf({ body }: Sent): Asked[] {
  const docs: unknown = body?.["docs"];
  assert.ok(Array.isArray(docs));
  return docs.map(({ _index, _id, routing }: Asked) => ({
    _index,
    _id,
    ...(routing === undefined ? {} : { routing }),
  }));
}

function paths(sent: readonly Sent[]): string[] {
  return sent.map(({ path }) => path);
}

test("nothing sought asks nothing", async () => {
  const { ask, sent } = cluster(2);
  assert.deepEqual(await ask(), []);
  assert.deepEqual(sent, []);
});

test("a record of an unknown or unfit index causes no request", async () => {
  const { ask, sent } = cluster(1);
  assert.deepEqual(await ask({ id: "1", index: "elsewhere" }, { id: "1", index: "closed" }), [
    { state: "missing", unknownIndex: true },
    { state: "unfit" },
  ]);
  assert.deepEqual(sent, []);
});

test("where no index is fit, nothing is asked and nothing is found", async () => {
  const { ask, sent } = cluster(0);
  assert.deepEqual(await ask({ id: "1" }), [MISSING]);
  assert.deepEqual(sent, []);
});

test("one request finds all that stand under their ids, and reads the vector with them", async () => {
  const documents = {
    "a/1": { message: "one", level: "ERROR" },
    "b/2": { message: "two", log_vector: [1, 2] },
  };
  const { ask, sent } = cluster(2, { documents });
  const [one, two] = await ask({ id: "1", index: "a" }, { id: "2" });
  assert.deepEqual(paths(sent), ["/_mget"]);
  assert.deepEqual(askedOf(sent[0] ?? { method: "GET", path: "" }), [
    { _index: "a", _id: "1" },
    { _index: "a", _id: "2" },
    { _index: "b", _id: "2" },
  ]);
  const version = { version: asVersion("5:2") };
  const text = { text: "one", textFields: ["message"], level: "ERROR" };
  const record = { index: "a", id: "1", ...version, ...text };
  assert.deepEqual(one, {
    state: "found",
    record,
    current: { state: "current", changed: true, record },
  });
  assert.ok(two?.state === "found" && two.current.state === "current");
  assert.deepEqual(two.current.vector, Float32Array.of(1, 2));
});

test("of several documents of one id that of the newest index counts", async () => {
  const documents = { "a/1": { message: "new" }, "b/1": { message: "old" } };
  const { ask } = cluster(2, { documents });
  const [found] = await ask({ id: "1" });
  assert.ok(found?.state === "found");
  assert.equal(found.record.text, "new");
});

test("a record that is not found by its id is searched for once, then read in real time", async () => {
  const { ask, sent } = cluster(1, {
    shape: { idFields: OWN_ID },
    documents: { "a/x": { message: "now", log_id: "own" } },
    seen: { "a/x": { log_id: "own" }, "a/gone": { log_id: "own-2" } },
  });
  const located = await ask(
    { id: "own", index: "a" },
    { id: "own-2", index: "a" },
    { id: "own-3", index: "a" },
  );
  assert.deepEqual(paths(sent), ["/_mget", "/_msearch", "/_mget"]);
  assert.deepEqual(linesOf(sent[1] ?? { method: "GET", path: "" }), [
    { index: ["a"], ignore_unavailable: true },
    {
      timeout: "27000ms",
      size: 9,
      track_total_hits: false,
      seq_no_primary_term: true,
      _source: { includes: ["log_id", "log_vector_meta"], excludes: ["log_vector"] },
      query: {
        bool: {
          should: [
            { ids: { values: ["own", "own-2", "own-3"] } },
            { terms: { log_id: ["own", "own-2", "own-3"] } },
          ],
          minimum_should_match: 1,
          filter: [],
        },
      },
    },
  ]);
  const [found, ...others] = located;
  assert.ok(found?.state === "found");
  assert.deepEqual([found.record.id, found.record.text], ["x", "now"]);
  assert.deepEqual(others, [MISSING, MISSING]);
});

test("with more than three indices the first request is the search, one for all of them", async () => {
  const documents = { "d/1": { message: "four" } };
  const { ask, sent } = cluster(4, { documents, seen: { "d/1": {} } });
  const [found, missing] = await ask({ id: "1" }, { id: "2", index: "all" });
  assert.ok(found?.state === "found");
  assert.equal(found.record.index, "d");
  assert.deepEqual(missing, MISSING);
  assert.deepEqual(paths(sent), ["/_msearch", "/_msearch", "/_mget"]);
  assert.deepEqual(askedOf(sent[2] ?? { method: "GET", path: "" }), [{ _index: "d", _id: "1" }]);
  const [header, body] = linesOf(sent[0] ?? { method: "GET", path: "" });
  assert.deepEqual(header, { index: ["a", "b", "c", "d"], ignore_unavailable: true });
  const source = { includes: ["log_vector_meta"], excludes: ["log_vector"] };
  assert.partialDeepStrictEqual(body, { size: 3, _source: source });
});

test("a routing is asked for with the id, kept where the answer hides it, and never searched", async () => {
  const { ask, sent } = cluster(1, { documents: { "a/1": { message: "one" } } });
  const [found, missing] = await ask(
    { id: "1", index: "a", shardKey: "tenant-7" },
    { id: "2", index: "a", shardKey: "tenant-8" },
  );
  assert.deepEqual(paths(sent), ["/_mget"]);
  assert.deepEqual(askedOf(sent[0] ?? { method: "GET", path: "" }), [
    { _index: "a", _id: "1", routing: "tenant-7" },
    { _index: "a", _id: "2", routing: "tenant-8" },
  ]);
  assert.ok(found?.state === "found");
  assert.equal(found.record.shardKey, "tenant-7");
  assert.deepEqual(missing, MISSING);
});

test("a routing does not keep a document from being searched for in many indices", async () => {
  const { ask } = cluster(4, {
    documents: { "c/1": { message: "one" } },
    seen: { "c/1": {} },
    routed: { "c/1": "tenant-7" },
  });
  const [found] = await ask({ id: "1", shardKey: "tenant-7" });
  assert.ok(found?.state === "found");
  assert.deepEqual([found.record.index, found.record.shardKey], ["c", "tenant-7"]);
});

test("a document found by search is read by the routing that its hit names", async () => {
  const { ask, sent } = cluster(1, {
    shape: { idFields: OWN_ID },
    documents: { "a/x": { message: "now" } },
    seen: { "a/x": { log_id: "own" } },
    routed: { "a/x": "tenant-7" },
  });
  const [found] = await ask({ id: "own" });
  assert.deepEqual(askedOf(sent[2] ?? { method: "GET", path: "" }), [
    { _index: "a", _id: "x", routing: "tenant-7" },
  ]);
  assert.ok(found?.state === "found");
  assert.equal(found.record.shardKey, "tenant-7");
});

test("a number's field is asked only for numbers that it can hold", async () => {
  const { ask, sent } = cluster(1, { shape: { idFields: NUMBER } });
  const ids = ["7", "word", "-10", "-11", "99", "100", "1.5", "", "٣", "1e1", "9".repeat(40)];
  await ask(...ids.map((id) => ({ id })));
  const { lines = "" } = sent[1] ?? {};
  assert.ok(lines.includes(JSON.stringify({ ids: { values: ids } })), lines);
  assert.ok(lines.includes(JSON.stringify({ terms: { log_id: ["7", "-10", "99"] } })), lines);
});

test("where a number's field can hold none of the ids, it is not asked", async () => {
  const { ask, sent } = cluster(1, { shape: { idFields: NUMBER } });
  await ask({ id: "word" });
  assert.doesNotMatch(sent[1]?.lines ?? "", /terms/);
  assert.match(sent[1]?.lines ?? "", /"ids":\{"values":\["word"\]\}/);
});

test("ids kept as numbers are found by their digits", async () => {
  const { ask } = cluster(1, {
    shape: { idFields: NUMBER },
    documents: { "a/x": { message: "now" } },
    seen: { "a/x": { log_id: 42 } },
  });
  const [found] = await ask({ id: "42" });
  assert.equal(found?.state, "found");
});

test("an index that cannot be read is no reason to fail: the search decides", async () => {
  const fake = createFakeApi(({ path }) =>
    path === "/_mget"
      ? { docs: [{ error: { type: "index_closed_exception" } }] }
      : { responses: [{ _shards: { failed: 0 }, hits: { hits: [] } }] },
  );
  const known = { shapes: new Map([["a", SHAPE]]), names: new Map([["a", ["a"]]]), fields: FIELDS };
  const located = await locate(
    fake.api,
    [{ id: "1", index: "a" }],
    known,
    AbortSignal.timeout(1e4),
  );
  assert.deepEqual(located, [MISSING]);
});

test("a document of an index that does not answer is not said to be missing", async () => {
  const hung = new Fault("outage", "no answer within 30 s", { timedOut: true });
  const fake = createFakeApi(
    ({ path }) => {
      if (path === "/_mget" || path === "/_msearch") throw hung;
      return {};
    },
    ["a", "b"],
  );
  const known = { shapes: new Map([["a", SHAPE]]), names: new Map([["a", ["a"]]]), fields: FIELDS };
  const targets = [{ id: "1", index: "a" }];
  const [located] = await locate(fake.api, targets, known, AbortSignal.timeout(1e4));
  assert.ok(located?.state === "missing" && located.gaps?.length === 1);
});
