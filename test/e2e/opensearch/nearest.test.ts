import assert from "node:assert/strict";
import { test } from "node:test";
import type { NearestQuery } from "../../../src/ports/vector-index.ts";
import {
  DIMENSIONS,
  onEachOpenSearch,
  openFixture,
} from "../../support/servers/open-search-fixture.ts";
import {
  LOG_PROPERTIES,
  type OpenSearchFixture,
} from "../../support/servers/open-search-fixture.ts";
import { openStore, stampedLog } from "../../support/servers/open-store.ts";
import { STAMP_PROPERTIES } from "../../../src/adapters/opensearch/mapping.ts";

type Json = Record<string, unknown>;

const MODEL = "stub";
const HNSW = (space: string) => ({ name: "hnsw", engine: "lucene", space_type: space });

await onEachOpenSearch((version) => {
  test("indices with a graph, without one, and of another space are compared alike", async (t) => {
    const fixture = await openFixture(t, version);
    await fixture.create(fixture.name("graph"), mapped({ method: HNSW("cosinesimil") }));
    await fixture.create(fixture.name("l2"), mapped({ method: HNSW("l2") }));
    await fixture.create(fixture.name("flat"), { ...mapped({}), settings: { knn: false } });
    await fixture.fill(fixture.name("graph"), [at(1, 0.5), at(2, -1)]);
    await fixture.fill(fixture.name("l2"), [at(3, 0.75, 3)]);
    await fixture.fill(fixture.name("flat"), [at(4, 0.6, 7), at(5, 1)]);
    const { nearest, survey } = await open(t, fixture);
    const { fit } = await survey();
    assert.deepEqual(
      fit.map(({ index, search }) => `${index.replace(fixture.prefix, "")} ${search}`).toSorted(),
      ["flat exact", "graph graph", "l2 graph"],
    );
    const { hits, each, gaps } = await nearest();
    const scores = hits.map(({ score }) => Number(score.toFixed(5)));
    assert.deepEqual(scores, [1, 0.75, 0.6, 0.5, -1]);
    assert.deepEqual(each, { indices: 1, records: 2, compared: 2 });
    assert.deepEqual(gaps, []);
  });

  test("without a graph only the newest are compared", async (t) => {
    const fixture = await openFixture(t, version);
    const settings = { knn: false };
    await fixture.create(fixture.name("flat"), { ...mapped({}), settings });
    const oldest = at(0, 1);
    const newer = Array.from({ length: 9 }, (_, i) => at(i + 1, i / 100));
    await fixture.fill(fixture.name("flat"), [...newer, oldest]);
    const { nearest } = await open(t, fixture, 4);
    const { hits, each } = await nearest();
    assert.deepEqual(
      hits.map(({ record }) => record.text),
      ["log 9", "log 8", "log 7", "log 6"],
    );
    assert.deepEqual(each, { indices: 1, records: 10, compared: 4 });
    // What is filtered away does not count among the newest.
    const until = Date.parse(String(at(3, 0)["@timestamp"]));
    const earlier = await nearest({ filter: { until } });
    assert.equal(earlier.hits[0]?.record.text, "log 0");
    assert.deepEqual(earlier.each, { indices: 1, records: 4, compared: 4 });
  });

  test("many records of one moment, or of none, are not compared without end", async (t) => {
    const fixture = await openFixture(t, version);
    const settings = { knn: false };
    const { "@timestamp": _, ...timeless } = LOG_PROPERTIES;
    await fixture.create(fixture.name("ties"), { ...mapped({}), settings });
    await fixture.create(fixture.name("timeless"), { ...mapped({}, timeless), settings });
    const { "@timestamp": time } = at(1, 1);
    const many = Array.from({ length: 30 }, (__, i) => at(i, i / 100));
    await fixture.fill(
      fixture.name("ties"),
      many.map((log) => ({ ...log, "@timestamp": time })),
    );
    await fixture.fill(
      fixture.name("timeless"),
      many.map(({ "@timestamp": __, ...log }) => log),
    );
    const { nearest } = await open(t, fixture, 5);
    const { hits, each } = await nearest();
    assert.equal(hits.length, 10);
    assert.deepEqual(each, { indices: 2, records: 60, compared: 10 });
  });

  test("a data stream's records and those of a filtered alias, and no others", async (t) => {
    const fixture = await openFixture(t, version);
    const { mappings } = mapped({ method: HNSW("cosinesimil") });
    const stream = fixture.name("stream");
    await fixture.send("PUT", `/_index_template/${stream}`, {
      index_patterns: [stream],
      data_stream: {},
      priority: 500,
      template: { settings: { "index.knn": true, number_of_replicas: 0 }, mappings },
    });
    await fixture.fill(stream, [at(1, 0.9)]);
    const hidden = `out-${fixture.name("behind")}`;
    await fixture.create(hidden, {
      mappings,
      aliases: { [fixture.name("alias")]: { filter: { term: { level: "ERROR" } } } },
    });
    await fixture.fill(hidden, [at(2, 0.8), { ...at(3, 1), level: "WARN" }]);
    const { nearest } = await open(t, fixture);
    const { hits } = await nearest();
    assert.deepEqual(
      hits.map(({ record }) => record.text),
      ["log 1", "log 2"],
    );
    assert.match(hits[0]?.record.index ?? "", /^\.ds-/);
  });

  test("an index that cannot answer does not keep the others from it", async (t) => {
    const fixture = await openFixture(t, version);
    await fixture.create(fixture.name("good"), mapped({ method: HNSW("cosinesimil") }));
    await fixture.fill(fixture.name("good"), [at(1, 0.9)]);
    const broken = fixture.name("broken");
    await fixture.create(broken, { ...mapped({}), settings: { knn: false } });
    await fixture.fill(broken, [at(2, 1)]);
    const { nearest, survey } = await open(t, fixture);
    await survey();
    await fixture.send("POST", `/${broken}/_close`);
    const { hits } = await nearest();
    assert.deepEqual(
      hits.map(({ record }) => record.text),
      ["log 1"],
    );
  });
});

function mapped(vector: Json, properties: Json = LOG_PROPERTIES) {
  const log_vector = { type: "knn_vector", dimension: DIMENSIONS, ...vector };
  const log_vector_meta = { type: "object", dynamic: false, properties: STAMP_PROPERTIES };
  return { mappings: { properties: { ...properties, log_vector, log_vector_meta } } };
}

/** A record whose vector is at that cosine to the first axis, and as long. */
function at(minutes: number, cosine: number, length = 1): Json {
  const log = stampedLog(`log ${minutes}`, MODEL);
  const time = new Date(Date.UTC(2026, 0, 1) + minutes * 60_000).toISOString();
  const rest = Math.sqrt(1 - cosine * cosine);
  const log_vector = axes(cosine * length, rest * length);
  return { ...log, "@timestamp": time, log_vector };
}

function axes(first: number, second: number): number[] {
  return Array.from({ length: DIMENSIONS }, (_, i) => (i === 0 ? first : i === 1 ? second : 0));
}

async function open(
  t: Parameters<typeof openStore>[0] & { signal: AbortSignal },
  { url, pattern }: OpenSearchFixture,
  maxCompared?: number,
) {
  const options = maxCompared === undefined ? {} : { maxCompared };
  const store = await openStore(t, { url, pattern }, options);
  let indices: string[] = [];
  const survey = async () => {
    const found = await store.survey(t.signal);
    indices = found.fit.map(({ index }) => index);
    return found;
  };
  return {
    survey,
    async nearest(changes: Partial<NearestQuery> = {}) {
      if (indices.length === 0) await survey();
      const query = {
        indices,
        filter: {},
        excludeKeys: [],
        excludeHashes: [],
        vector: Float32Array.from(axes(1, 0)),
        model: MODEL,
        limit: 50,
        ...changes,
      };
      return store.nearest(query, t.signal);
    },
  };
}
