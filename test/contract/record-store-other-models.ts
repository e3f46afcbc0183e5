import assert from "node:assert/strict";
import { recordKey, recordName, type LogRecord } from "../../src/domain/log-record.ts";
import type { OutdatedRecord } from "../../src/ports/record-store.ts";
import {
  A,
  B,
  CONTRACT,
  EMPTY,
  IN_FORCE,
  log,
  NONE,
  STAMP,
  VECTOR,
  vectorOf,
} from "./record-store-subject.ts";
import type { Promises, Fields, Subject } from "./record-store-subject.ts";

const { dimensions } = CONTRACT;

/** A record with a vector that is stamped so. */
function vectored(index: string, number: number, stamp?: Fields, changes: Fields = {}) {
  const vector = Array.from(vectorOf(`error ${number}`), (value) => Math.round(value * 1e6) / 1e6);
  return { ...log(index, number, changes), vector, ...(stamp === undefined ? {} : { stamp }) };
}

const OLD = { ...STAMP, model: "old-model" };

/** Where a vector is written before its mapping, search never sees it. */
async function place(subject: Subject, documents: Parameters<Subject["seed"]>[0]): Promise<void> {
  await subject.seed([log(A, 99, { level: "INFO" }), log(B, 99, { level: "INFO" })]);
  await subject.ready();
  await subject.seed(documents);
}

async function outdated(
  subject: Subject,
  query: { limit?: number; excludeKeys?: readonly string[]; notAfterMs?: number } = {},
): Promise<OutdatedRecord[]> {
  const { store, signal, ready } = subject;
  const whole = { limit: 100, excludeKeys: [], ...query, indices: await ready() };
  const { records, gaps } = await store.findOutdated(whole, signal);
  assert.deepEqual(gaps, []);
  return records;
}

function namesOf(found: readonly OutdatedRecord[]): string[] {
  return found.map(({ record }) => recordName(record));
}

/** What every log store promises of vectors of another model than the one it was opened for. */
export function testOtherModels(contract: Promises): void {
  contract(
    "vectors count by the model in force; the others by theirs",
    async (subject) => {
      await place(subject, [
        vectored(A, 1, STAMP),
        vectored(A, 2, OLD),
        vectored(A, 3, OLD),
        vectored(A, 4),
        vectored(A, 5, { ...STAMP, dimensions: 4 }),
        vectored(A, 6, { model: IN_FORCE.model }),
        log(A, 7),
        vectored(A, 8, OLD, { level: "INFO" }),
        vectored(B, 9, OLD),
      ]);
      const indices = await subject.ready();
      const { rows } = await subject.store.coverage({ indices }, subject.signal);
      const byIndex = new Map(rows.map((row) => [row.index, row]));
      const counts = { records: 7, vectorized: 2, otherModel: 4, pending: 1 };
      assert.partialDeepStrictEqual(byIndex.get(A), { ...counts, quarantined: 0, withoutText: 0 });
      assert.deepEqual(byIndex.get(A)?.otherModels.toSorted(byRecords), [
        { model: "old-model", dimensions, records: 2 },
        { model: null, dimensions: null, records: 1 },
        { model: IN_FORCE.model, dimensions: 4, records: 1 },
      ]);
      assert.partialDeepStrictEqual(byIndex.get(B), { records: 1, vectorized: 0, otherModel: 1 });
    },
    ["storesVectors"],
  );

  contract("which models have vectors is known without a survey", async (subject) => {
    const { store, signal } = subject;
    const models = ["old-model", "new-model", IN_FORCE.model];
    assert.deepEqual(await store.storedModels(models, signal), { models: [], gaps: [] });
    await place(subject, [vectored(A, 1, OLD), log(A, 2), vectored(B, 3, STAMP)]);
    const found = await store.storedModels(models, signal);
    assert.deepEqual(found.models.toSorted(), [IN_FORCE.model, "old-model"]);
    assert.deepEqual(found.gaps, []);
    assert.deepEqual((await store.storedModels(["old"], signal)).models, []);
  });

  contract(
    "what has no text, or is marked as blank, has no vector to be replaced",
    async (subject) => {
      await place(subject, [
        vectored(A, 1, OLD, { message: null }),
        vectored(A, 2, EMPTY, { message: " " }),
        vectored(A, 3, { ...OLD, skipped: "refused", attempts: 1 }),
      ]);
      assert.deepEqual(namesOf(await outdated(subject)), [`${A}/log-3`]);
      const { rows } = await subject.store.coverage({ indices: [A] }, subject.signal);
      assert.partialDeepStrictEqual(rows, [{ records: 3, otherModel: 1, withoutText: 2 }]);
    },
  );

  contract(
    "outdated records come newest first over several indices, as such",
    async (subject) => {
      await place(subject, [
        vectored(A, 1, OLD),
        vectored(B, 4),
        vectored(A, 3, OLD),
        vectored(B, 2, OLD),
        vectored(A, 5, STAMP),
        log(A, 6),
      ]);
      const found = await outdated(subject);
      const keys = [`${B}/log-4`, `${A}/log-3`, `${B}/log-2`, `${A}/log-1`];
      assert.deepEqual(namesOf(found), keys);
      assert.ok(found.every(({ record }) => record.outdated));
      assert.deepEqual(
        found.map(({ record, atMs }) => [atMs, record.text]),
        [4, 3, 2, 1].map((number) => [
          Date.parse(log(A, number).fields["@timestamp"]),
          `error ${number}`,
        ]),
      );
      assert.equal(found[1]?.record.stamp?.["model"], "old-model");
      assert.deepEqual(namesOf(await outdated(subject, { limit: 1 })), keys.slice(0, 1));
      const key = await subject.keys();
      const behind = { excludeKeys: [key(A, "log-3")], notAfterMs: found[1]?.atMs ?? 0 };
      assert.deepEqual(namesOf(await outdated(subject, behind)), keys.slice(2));
    },
    ["ordered", "storesVectors"],
  );

  contract(
    "those of one time are told apart by their keys, those without a time come last",
    async (subject) => {
      const time = { "@timestamp": "2026-01-01T00:00:00.123Z" };
      await place(subject, [
        vectored(A, 1, OLD, time),
        vectored(A, 2, OLD, time),
        vectored(B, 3, OLD, time),
        vectored(A, 4, OLD, { "@timestamp": null }),
        vectored(B, 5, OLD, { "@timestamp": null }),
      ]);
      const all: OutdatedRecord[] = [];
      for (;;) {
        const last = all.at(-1);
        const behind = last ? { notAfterMs: last.atMs } : {};
        const excludeKeys = all
          .filter(({ atMs }) => atMs === last?.atMs)
          .map(({ record }) => recordKey(record));
        const page = await outdated(subject, { limit: 2, excludeKeys, ...behind });
        if (page.length === 0) break;
        all.push(...page);
      }
      const keys = namesOf(all);
      assert.deepEqual(keys.slice(0, 3).toSorted(), [`${A}/log-1`, `${A}/log-2`, `${B}/log-3`]);
      assert.deepEqual(keys.slice(3).toSorted(), [`${A}/log-4`, `${B}/log-5`]);
      assert.deepEqual(
        all.slice(3).map(({ atMs }) => atMs),
        [-Infinity, -Infinity],
      );
    },
    ["ordered"],
  );

  contract("a new vector takes the place of the old one and its stamp", async (subject) => {
    await place(subject, [vectored(A, 1, { ...OLD, extra: "of its maker" })]);
    const record = await theOne(subject);
    assert.deepEqual(await subject.store.readCurrent([record], subject.signal), [
      { state: "unchanged" },
    ]);
    assert.deepEqual(await subject.write([{ record, ...VECTOR }]), ["written"]);
    const meta = (await subject.read(record))?.stamp;
    assert.partialDeepStrictEqual(meta, STAMP);
    await subject.visible(A);
    assert.deepEqual(await outdated(subject), []);
    const { rows } = await subject.store.coverage({ indices: [A] }, subject.signal);
    assert.deepEqual(rows, [
      { ...NONE, index: A, records: 1, vectorized: 1, pending: 0, quarantined: 0, withoutText: 0 },
    ]);
  });

  contract("an outdated record that changed is looked at with its stamp", async (subject) => {
    await place(subject, [vectored(A, 1, OLD), vectored(A, 2, OLD)]);
    const [second, first] = (await outdated(subject)).map(({ record }) => record);
    assert.ok(first && second);
    await subject.change(first, { fields: { note: "of its owner" } });
    await subject.change(second, { vector: Array.from(VECTOR.vector), stamp: STAMP });
    const [one, two] = await subject.store.readCurrent([first, second], subject.signal);
    assert.ok(one?.state === "current" && two?.state === "current");
    assert.deepEqual([one.changed, one.record.outdated], [true, true]);
    assert.equal(one.record.stamp?.["model"], "old-model");
    assert.deepEqual([two.changed, two.record.stamp?.["model"]], [true, IN_FORCE.model]);
    assert.deepEqual(await subject.write([{ record: first, ...VECTOR }]), ["conflicted"]);
    assert.deepEqual(await subject.write([{ record: one.record, ...VECTOR }]), ["written"]);
  });

  contract("outdated records that are kept aside count as quarantined", async (subject) => {
    await place(subject, [vectored(A, 1, OLD), vectored(A, 2, OLD), vectored(A, 3, STAMP)]);
    const indices = await subject.ready();
    const key = await subject.keys();
    const quarantinedKeys = [key(A, "log-1"), key(A, "log-3")];
    const { rows } = await subject.store.coverage({ indices, quarantinedKeys }, subject.signal);
    const counts = { records: 3, vectorized: 1, otherModel: 1, quarantined: 1, withoutText: 0 };
    assert.partialDeepStrictEqual(rows, [counts]);
  });
}

async function theOne(subject: Subject): Promise<LogRecord> {
  const [found] = await outdated(subject);
  assert.ok(found);
  return found.record;
}

/** Most first, and those of equal numbers by their names. */
function byRecords(
  a: { model: string | null; records: number },
  b: { model: string | null; records: number },
): number {
  return b.records - a.records || ((a.model ?? "") < (b.model ?? "") ? -1 : 1);
}
