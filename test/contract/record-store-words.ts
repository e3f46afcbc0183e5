import assert from "node:assert/strict";
import { recordName } from "../../src/domain/log-record.ts";
import type { WordsQuery } from "../../src/ports/record-store.ts";
import type { RecordFilter } from "../../src/ports/vector-index.ts";
import {
  A,
  B,
  log,
  STAMP,
  timeOf,
  VECTOR,
  type Promises,
  type Subject,
} from "./record-store-subject.ts";

const NUMBER = "blk_-1608999687919862906";
const HASH = "7".repeat(64);

/** What every log store promises of a search by words, where it has one. */
export function testWords(contract: Promises): void {
  const promise: Promises = (what, run, needs) =>
    contract(
      what,
      async (subject) => {
        if (subject.store.findByWords) await run(subject);
      },
      needs,
    );

  promise("finds by words, rare ones first, over all indices, vector or not", async (subject) => {
    await seed(subject, [
      log(A, 1, { message: "could not read block of the file" }),
      log(A, 2, { message: "could not read block blk_-1608999687919862907 of the file" }),
      { ...log(B, 3, { message: `could not read block ${NUMBER} of the file` }), ...VECTOR },
      log(B, 4, { message: "something else" }),
    ]);
    const { hits, more, leftOut, gaps } = await find(subject, ["read", "block", NUMBER]);
    assert.equal(nameOf(hits[0]), `${B}/log-3`);
    assert.deepEqual(hits.map(nameOf).toSorted(), [`${A}/log-1`, `${A}/log-2`, `${B}/log-3`]);
    assert.deepEqual({ more, leftOut, gaps }, { more: false, leftOut: [], gaps: [] });
    const [{ record: first, score } = assert.fail()] = hits;
    assert.equal(first.text, `could not read block ${NUMBER} of the file`);
    assert.deepEqual([first.timestamp, first.level], [timeOf(3), "ERROR"]);
    assert.equal(first.stamp?.["model"], STAMP.model);
    assert.ok(score > (hits[1]?.score ?? Infinity));
  });

  promise("words match in any case, and parts of words do not", async (subject) => {
    await subject.seed([
      log(A, 1, { message: "Disk FULL" }),
      log(A, 2, { message: "the diskette is fuller" }),
    ]);
    assert.deepEqual(await found(subject, ["disk", "Full"]), ["log-1"]);
  });

  promise("records of other levels are found where they have a vector", async (subject) => {
    await seed(subject, [
      log(A, 1, { message: "disk full", level: "INFO" }),
      { ...log(A, 2, { message: "disk full", level: "WARN" }), ...VECTOR },
      log(A, 3, { message: "disk full" }),
    ]);
    const names = await found(subject, ["disk"]);
    const kept = subject.store.capabilities.storesVectors ? ["log-2", "log-3"] : ["log-3"];
    assert.deepEqual(names.filter((name) => kept.includes(name)).toSorted(), kept);
    assert.ok(!names.includes("log-1"));
  });

  promise("at most so many, and whether there are more", async (subject) => {
    await subject.seed([1, 2, 3].map((number) => log(A, number, { message: "disk full" })));
    const two = await find(subject, ["disk"], { limit: 2 });
    assert.deepEqual([two.hits.length, two.more], [2, true]);
    const all = await find(subject, ["disk"], { limit: 10 });
    assert.deepEqual([all.hits.length, all.more], [3, false]);
  });

  promise("of equal hits the newest first", async (subject) => {
    await subject.seed([2, 3, 1].map((number) => log(A, number, { message: "disk full" })));
    assert.deepEqual(await found(subject, ["disk"]), ["log-3", "log-2", "log-1"]);
  });

  promise("leaves out records and texts that are known", async (subject) => {
    const vector = { ...VECTOR, stamp: { ...STAMP, text_hash: HASH } };
    await seed(subject, [
      log(A, 1, { message: "disk full" }),
      { ...log(A, 2, { message: "disk full" }), ...vector },
      log(B, 3, { message: "disk full" }),
    ]);
    const excludeKeys = [(await subject.keys())(A, "log-1")];
    const rest = await find(subject, ["disk"], { excludeKeys, excludeHashes: [HASH] });
    assert.deepEqual(rest.hits.map(nameOf), [`${B}/log-3`]);
  });

  for (const [what, filter, expected] of FILTERS) {
    promise(`words under a filter: ${what}`, async (subject) => {
      await subject.seed([
        log(A, 1, { message: "disk full on a", service: { name: "orders" } }),
        log(A, 2, { message: "disk is full", service: { name: "billing" } }),
        log(B, 3, { message: "disk full on b", service: { name: "orders" } }),
      ]);
      const { hits } = await find(subject, ["disk"], { filter });
      assert.deepEqual(hits.map(({ record }) => record.id).toSorted(), expected);
    });
  }

  promise("a hit names its service", async (subject) => {
    await subject.seed([log(A, 1, { message: "disk full", service: { name: "orders" } })]);
    const { hits } = await find(subject, ["disk"]);
    assert.equal(hits[0]?.record.service, "orders");
  });

  promise("words of many kinds are looked for, and harm nothing", async (subject) => {
    await subject.seed([log(A, 1, { message: 'a * b? \\ AND (c) "d" 커밋 {e}' })]);
    const odd = ["*", "?", "\\", "AND", "(c)", '"d"', "{e}", "~1", "x:y", "/", "-", "커밋"];
    assert.deepEqual(await found(subject, odd), ["log-1"]);
    const many = Array.from({ length: 100 }, (_, i) => `word${i}`);
    assert.deepEqual(await found(subject, many), []);
  });
}

const at = (number: number) => Date.parse(timeOf(number));
const FILTERS: readonly (readonly [string, RecordFilter, string[]])[] = [
  ["a span of time", { since: at(2), until: at(2) }, ["log-2"]],
  ["level, in any case", { level: "error" }, ["log-1", "log-2", "log-3"]],
  ["a level that is not there", { level: "FATAL" }, []],
  ["service, in any case", { service: "ORDERS" }, ["log-1", "log-3"]],
  ["a part in one piece", { phrases: ["Disk Full"] }, ["log-1", "log-3"]],
  ["two parts", { phrases: ["disk full", "on b"] }, ["log-3"]],
  ["all of it", { service: "orders", since: at(2), phrases: ["full on"] }, ["log-3"]],
];

type Hit = { record: { index: string; id: string } };

function nameOf(hit: Hit | undefined): string {
  return hit ? recordName(hit.record) : "";
}

/** Once there is a place for vectors. */
async function seed(subject: Subject, records: Parameters<Subject["seed"]>[0]): Promise<void> {
  await subject.seed([A, B].map((index) => log(index, 0, { message: "none of that" })));
  await subject.ready();
  await subject.seed(records);
}

async function find(subject: Subject, words: readonly string[], changes: Partial<WordsQuery> = {}) {
  const { store, signal } = subject;
  const indices = await subject.ready();
  const all = { indices, filter: {}, excludeKeys: [], excludeHashes: [], limit: 50 };
  const answer = await store.findByWords?.({ ...all, words, ...changes }, signal);
  assert.ok(answer);
  return answer;
}

async function found(subject: Subject, words: readonly string[]): Promise<string[]> {
  const { hits } = await find(subject, words);
  return hits.map(({ record }) => record.id);
}
