import assert from "node:assert/strict";
import { recordName } from "../../src/domain/log-record.ts";
import type { Stamp } from "../../src/domain/stamp.ts";
import type { NearestQuery, RecordFilter } from "../../src/ports/vector-index.ts";
import {
  A,
  B,
  CONTRACT,
  log,
  STAMP,
  timeOf,
  type Promises,
  type Fields,
  type Subject,
} from "./record-store-subject.ts";

const { model } = STAMP;
/** By their angle to the first of them: cosines 1, 0.8, 0, -1. */
const ALONG = axes(1, 0);
const NEAR = axes(0.8, 0.6);
const ACROSS = axes(0, 1);
const AGAINST = axes(-1, 0);

/** What every log store promises of a search by vector. */
export function testNearest(contract: Promises): void {
  contract("finds the nearest over all indices with their cosine similarity", async (subject) => {
    await written(subject, [
      { log: log(A, 1), vector: ACROSS },
      { log: log(B, 2), vector: NEAR },
      { log: log(A, 3), vector: ALONG },
      { log: log(B, 4), vector: AGAINST },
    ]);
    const { hits, more, each, gaps } = await nearest(subject);
    assert.deepEqual(
      hits.map(({ record }) => recordName(record)),
      [`${A}/log-3`, `${B}/log-2`, `${A}/log-1`, `${B}/log-4`],
    );
    assertScores(hits, [1, 0.8, 0, -1]);
    const exact = await withoutGraph(subject);
    const records = hits.filter(({ record }) => exact.includes(record.index)).length;
    assert.deepEqual(
      { more, each, gaps },
      { more: false, each: { indices: exact.length, records, compared: records }, gaps: [] },
    );
    const [{ record: first } = assert.fail()] = hits;
    assert.equal(first.text, "error 3");
    assert.equal(first.timestamp, timeOf(3));
    assert.equal(first.level, "ERROR");
    assert.equal(first.stamp?.["text_hash"], hashOf(3));
  });

  contract("a longer or shorter vector is as near as its direction", async (subject) => {
    await written(subject, [
      { log: log(A, 1), vector: axes(8, 6) },
      { log: log(A, 2), vector: axes(0.008, 0.006) },
    ]);
    assertScores((await nearest(subject)).hits, [0.8, 0.8]);
  });

  contract("records of one text are one hit, the newest of them", async (subject) => {
    await written(subject, [
      { log: log(A, 1), vector: ALONG, stamp: { text_hash: hashOf(9) } },
      { log: log(A, 3), vector: ALONG, stamp: { text_hash: hashOf(9) } },
      { log: log(A, 2), vector: ALONG, stamp: { text_hash: hashOf(9) } },
      { log: log(A, 4), vector: ACROSS },
    ]);
    assert.deepEqual(found(await nearest(subject)), ["log-3", "log-4"]);
  });

  contract("at most so many, and whether there are more", async (subject) => {
    await written(subject, [
      { log: log(A, 1), vector: ALONG },
      { log: log(A, 2), vector: NEAR },
      { log: log(B, 3), vector: ACROSS },
    ]);
    const two = await nearest(subject, { limit: 2 });
    assert.deepEqual([found(two), two.more], [["log-1", "log-2"], true]);
    const all = await nearest(subject, { limit: 10 });
    assert.deepEqual([all.hits.length, all.more], [3, false]);
  });

  contract("none that is less alike than was asked for", async (subject) => {
    await written(subject, [
      { log: log(A, 1), vector: ALONG },
      { log: log(A, 2), vector: NEAR },
      { log: log(A, 3), vector: ACROSS },
    ]);
    assert.deepEqual(found(await nearest(subject, { minScore: 1 })), ["log-1"]);
    assert.deepEqual(found(await nearest(subject, { minScore: 0.8 })), ["log-1", "log-2"]);
    assert.deepEqual(found(await nearest(subject, { minScore: 0.81 })), ["log-1"]);
  });

  for (const [what, filter, expected] of FILTERS) {
    contract(`filters by ${what}, and counts alike`, async (subject) => {
      await written(subject, [
        { log: log(A, 1), vector: ALONG, service: "orders" },
        { log: log(A, 2), vector: NEAR, service: "Billing-Events" },
        { log: log(B, 3), vector: ALONG, level: "error", service: "orders" },
      ]);
      assert.deepEqual(found(await nearest(subject, { filter })).toSorted(), expected);
      const { models } = await comparable(subject, filter);
      const records = expected.length;
      assert.deepEqual(models, records > 0 ? [{ model, records }] : []);
    });
  }

  contract("a filter finds what is far away too", async (subject) => {
    const near = Array.from({ length: 40 }, (_, i) => ({
      log: log(A, i),
      vector: axes(1, i / 1000),
    }));
    const far = { log: log(A, 99), vector: AGAINST, service: "far" };
    await written(subject, [...near, far]);
    const result = await nearest(subject, { limit: 2, filter: { service: "far" } });
    assert.deepEqual(found(result), ["log-99"]);
    assert.equal(result.hits[0]?.record.service, "far");
  });

  contract("leaves out records and texts that are known", async (subject) => {
    await written(subject, [
      { log: log(A, 1), vector: ALONG },
      { log: log(A, 2), vector: NEAR, stamp: { text_hash: hashOf(7) } },
      { log: log(B, 2), vector: NEAR, stamp: { text_hash: hashOf(7) } },
      { log: log(B, 3), vector: ACROSS },
    ]);
    const excludeKeys = [(await subject.keys())(A, "log-1")];
    const rest = await nearest(subject, { excludeKeys, excludeHashes: [hashOf(7)] });
    assert.deepEqual(found(rest), ["log-3"]);
  });

  contract(
    "another model's vectors are counted and not compared",
    async (subject) => {
      await written(subject, [
        { log: log(A, 1), vector: ALONG },
        { log: log(A, 2), vector: ALONG, stamp: { model: "another-model" } },
        { log: log(B, 3), vector: NEAR },
      ]);
      await subject.seed([{ ...log(A, 4), vector: ALONG }]);
      assert.deepEqual(found(await nearest(subject)), ["log-1", "log-3"]);
      const { models } = await comparable(subject, {});
      assert.deepEqual(models[0], { model, records: 2 });
      assert.deepEqual(
        new Map(models.map((one) => [one.model, one.records])),
        new Map<string | null, number>([
          [model, 2],
          ["another-model", 1],
          [null, 1],
        ]),
      );
    },
    ["storesVectors"],
  );

  contract("what has no vector is neither found nor counted", async (subject) => {
    await written(subject, [{ log: log(A, 1), vector: ALONG }]);
    await subject.seed([log(A, 2)]);
    assert.deepEqual(found(await nearest(subject)), ["log-1"]);
    assert.deepEqual((await comparable(subject, {})).models, [{ model, records: 1 }]);
  });

  contract("nothing is found where there is no index", async (subject) => {
    await subject.store.survey(subject.signal);
    assert.deepEqual(found(await nearest(subject)), []);
    assert.deepEqual((await comparable(subject, {})).models, []);
    assert.equal((await occurrences(subject, [hashOf(1)])).size, 0);
  });

  contract("counts how often a text occurs, from when to when", async (subject) => {
    await written(subject, [
      { log: log(A, 1), vector: ALONG, stamp: { text_hash: hashOf(9) } },
      { log: log(A, 5), vector: ALONG, stamp: { text_hash: hashOf(9) } },
      { log: log(B, 3), vector: ALONG, stamp: { text_hash: hashOf(9) } },
      { log: log(B, 4), vector: NEAR, stamp: { text_hash: hashOf(8) } },
      { log: log(B, 6), vector: NEAR, stamp: { text_hash: hashOf(9), model: "another-model" } },
    ]);
    const counted = await occurrences(subject, [hashOf(9), hashOf(8), hashOf(1)]);
    const at = (number: number) => Date.parse(timeOf(number));
    assert.deepEqual(
      counted,
      new Map([
        [hashOf(9), { records: 3, first: at(1), last: at(5) }],
        [hashOf(8), { records: 1, first: at(4), last: at(4) }],
      ]),
    );
    const later = await occurrences(subject, [hashOf(9)], { since: at(2) });
    assert.deepEqual(later.get(hashOf(9)), { records: 2, first: at(3), last: at(5) });
  });
}

const at = (number: number) => Date.parse(timeOf(number));
const FILTERS: readonly (readonly [string, RecordFilter, string[]])[] = [
  ["a time to begin with", { since: at(2) }, ["log-2", "log-3"]],
  ["a time to end with", { until: at(2) }, ["log-1", "log-2"]],
  ["a span of time", { since: at(2), until: at(2) }, ["log-2"]],
  ["level, in any case", { level: "Error" }, ["log-1", "log-2", "log-3"]],
  ["a level that is not there", { level: "FATAL" }, []],
  ["service, in any case", { service: "billing-events" }, ["log-2"]],
  ["a part of a service's name, in vain", { service: "billing" }, []],
  ["all of it", { service: "orders", level: "ERROR", since: at(2) }, ["log-3"]],
];

type Written = {
  log: ReturnType<typeof log>;
  vector: number[];
  level?: string;
  service?: string;
  stamp?: Partial<Stamp>;
};

/** The indices of which the survey says that each vector is compared; what a store has of these is its own affair. */
async function withoutGraph({ store, signal }: Subject): Promise<string[]> {
  const { fit } = await store.survey(signal);
  return fit.filter(({ search }) => search === "exact").map(({ index }) => index);
}

/** Seeds the logs and writes each its vector, visible to search; its text hash is its own unless given. */
export async function written(subject: Subject, all: readonly Written[]): Promise<void> {
  await subject.seed(
    all.map(({ log: { fields, ...place }, level, service }) => {
      const changes: Fields = {
        ...(level === undefined ? {} : { level }),
        ...(service === undefined ? {} : { service: { name: service } }),
      };
      return { ...place, fields: { ...fields, ...changes } };
    }),
  );
  const records = await subject.pending({ limit: 1000 });
  const recordOf = new Map(records.map((record) => [recordName(record), record]));
  const updates = all.map(({ log: place, vector, stamp: changes = {} }) => {
    const record = recordOf.get(recordName(place));
    assert.ok(record);
    const text_hash = hashOf(Number(place.id.replace("log-", "")));
    return {
      record,
      vector: Float32Array.from(vector),
      stamp: { ...STAMP, text_hash, ...changes },
    };
  });
  const statuses = await subject.write(updates);
  assert.ok(statuses.every((status) => status === "written"));
  await subject.visible(...new Set(records.map(({ index }) => index)));
}

async function nearest(subject: Subject, changes: Partial<NearestQuery> = {}) {
  const { vectors, signal } = subject;
  const all = { indices: await subject.ready(), filter: {}, excludeKeys: [], excludeHashes: [] };
  const query = { ...all, vector: Float32Array.from(ALONG), model, limit: 100, ...changes };
  return vectors.nearest(query, signal);
}

async function comparable(subject: Subject, filter: RecordFilter) {
  const scope = { indices: await subject.ready(), filter, excludeKeys: [] };
  return subject.vectors.comparable(scope, subject.signal);
}

async function occurrences(
  subject: Subject,
  textHashes: readonly string[],
  filter: RecordFilter = {},
) {
  const query = { indices: await subject.ready(), filter, excludeKeys: [], model, textHashes };
  const { byHash } = await subject.vectors.occurrences(query, subject.signal);
  return byHash;
}

function found({ hits }: { hits: readonly { record: { id: string } }[] }): string[] {
  return hits.map(({ record }) => record.id);
}

function assertScores(hits: readonly { score: number }[], expected: readonly number[]): void {
  assert.equal(hits.length, expected.length);
  for (const [i, score] of expected.entries()) {
    assert.ok(Math.abs((hits[i]?.score ?? NaN) - score) < 1e-5, `${hits[i]?.score} is ${score}`);
  }
}

function axes(first: number, second: number): number[] {
  return [first, second, ...Array.from({ length: CONTRACT.dimensions - 2 }, () => 0)];
}

function hashOf(number: number): string {
  return number.toString(16).padStart(64, "0");
}
