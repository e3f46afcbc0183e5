import assert from "node:assert/strict";
import type { LogRecord } from "../../src/domain/log-record.ts";
import type { EmbeddedPage } from "../../src/ports/record-store.ts";
import { A, B, EMPTY, ids, log, STAMP, vectorOf } from "./record-store-subject.ts";
import type { Fields, Promises, Subject } from "./record-store-subject.ts";

const OLD = { ...STAMP, model: "old-model" };

function vectored(number: number, stamp: Fields = { ...STAMP }, changes: Fields = {}) {
  const vector = Array.from(vectorOf(`error ${number}`), (value) => Math.round(value * 1e6) / 1e6);
  return { ...log(A, number, changes), vector, stamp };
}

/** Where a vector is written before its mapping, search never sees it. */
async function place(subject: Subject, documents: Parameters<Subject["seed"]>[0]): Promise<void> {
  await subject.seed([log(A, 99, { level: "INFO" }), log(B, 99, { level: "INFO" })]);
  await subject.ready();
  await subject.seed(documents);
}

type Query = { limit?: number; from?: string; sinceMs?: number };

/** All pages of a pass. */
async function pass({ store, signal, ready }: Subject, { limit = 100, ...query }: Query = {}) {
  await ready();
  const pages: LogRecord[][] = [];
  let { from } = query;
  for (;;) {
    const asked = { index: A, limit, ...query, ...(from === undefined ? {} : { from }) };
    const page: EmbeddedPage = await store.pageEmbedded(asked, signal);
    pages.push(page.records);
    if ("end" in page) return { pages, end: page.end, records: pages.flat() };
    from = page.next;
  }
}

/** What every log store promises of going through the records with a vector. */
export function testEmbedded(contract: Promises): void {
  contract(
    "every wanted record with a vector comes once, with its text and stamp",
    async (subject) => {
      await place(subject, [
        vectored(1),
        vectored(2, OLD),
        log(A, 3),
        vectored(4, { ...STAMP }, { level: "INFO" }),
        vectored(5, { ...STAMP }, { message: null }),
        vectored(6, { ...STAMP }, { message: " " }),
        { ...log(B, 7), vector: Array.from(vectorOf("b")), stamp: { ...STAMP } },
        { ...log(A, 8), stamp: EMPTY },
      ]);
      const { pages, records } = await pass(subject, { limit: 2 });
      assert.ok(pages.every(({ length }) => length <= 2));
      assert.deepEqual(ids(records).toSorted(), ["log-1", "log-2", "log-5", "log-6"]);
      const byId = new Map(records.map((record) => [record.id, record]));
      assert.equal(byId.get("log-1")?.text, "error 1");
      assert.equal(byId.get("log-2")?.stamp?.["model"], "old-model");
      assert.equal(byId.get("log-5")?.text.trim(), "");
      const [first] = records;
      assert.ok(first);
      const read = { ...first, outdated: true } as const;
      const [look] = await subject.store.readCurrent([read], subject.signal);
      assert.deepEqual(
        look,
        { state: "unchanged" },
        "the version that was read is the one in force",
      );
    },
    ["storesVectors"],
  );

  contract(
    "a pass that begins where an earlier one ended finds what changed since, and only that",
    async (subject) => {
      const all = Array.from({ length: 7 }, (_, i) => vectored(i));
      await place(subject, all);
      const first = await pass(subject, { limit: 3 });
      assert.equal(first.records.length, 7);
      const none = await pass(subject, { from: first.end });
      assert.deepEqual(none.records, []);
      await subject.change({ index: A, id: "log-2" }, { fields: { message: "changed" } });
      await subject.change({ index: A, id: "log-5" }, { fields: { note: "of its owner" } });
      await subject.visible(A);
      const second = await pass(subject, { from: none.end, limit: 1 });
      assert.deepEqual(ids(second.records), ["log-2", "log-5"]);
      assert.equal(second.records[0]?.text, "changed");
      assert.deepEqual((await pass(subject, { from: second.end })).records, []);
    },
  );

  contract("a pass ends, though records change while it runs", async (subject) => {
    await place(subject, [vectored(1), vectored(2), vectored(3)]);
    await subject.ready();
    const query = { index: A, limit: 1 };
    let page = await subject.store.pageEmbedded(query, subject.signal);
    let pages = 1;
    for (; "next" in page && pages < 20; pages++) {
      const id = page.records[0]?.id ?? "log-1";
      await subject.change({ index: A, id }, { fields: { note: `change ${pages}` } });
      await subject.visible(A);
      page = await subject.store.pageEmbedded({ ...query, from: page.next }, subject.signal);
    }
    assert.ok("end" in page, `${pages} pages`);
  });

  contract(
    "records of an earlier time are left out, those without one are not",
    async (subject) => {
      await place(subject, [
        vectored(1),
        vectored(2),
        vectored(3, { ...STAMP }, { "@timestamp": null }),
      ]);
      const sinceMs = Date.parse(log(A, 2).fields["@timestamp"]);
      const { records } = await pass(subject, { sinceMs });
      assert.deepEqual(ids(records).toSorted(), ["log-2", "log-3"]);
    },
  );

  contract("a cursor that nobody can read begins from the start", async (subject) => {
    await place(subject, [vectored(1)]);
    assert.deepEqual(ids((await pass(subject, { from: "{}" })).records), ["log-1"]);
  });

  contract(
    "what is written into a record whose text changed removes its vector",
    async (subject) => {
      await place(subject, [vectored(1), vectored(2), vectored(3)]);
      const { records } = await pass(subject);
      const [one, two, three] = records.map((record) => ({
        ...record,
        outdated: true as const,
        textChanged: true as const,
      }));
      assert.ok(one && two && three);
      const mark = { ...EMPTY };
      const written = await subject.write([
        { record: one, mark },
        { record: two, unmark: true },
        { record: three, vector: vectorOf("new"), stamp: { ...STAMP, text_hash: "1".repeat(64) } },
      ]);
      assert.deepEqual(written, ["written", "written", "written"]);
      assert.deepEqual(await subject.write([{ record: two, unmark: true }]), ["conflicted"]);
      await subject.visible(A);
      assert.deepEqual(ids((await pass(subject)).records), [three.id]);
      const [first, second] = [await subject.read(one), await subject.read(two)];
      assert.deepEqual([first?.vector, second?.vector], [undefined, undefined]);
      assert.partialDeepStrictEqual(first?.stamp, mark);
      assert.equal(second?.stamp, null);
      assert.deepEqual(ids(await subject.pending()), [two.id]);
      const { rows } = await subject.store.coverage({ indices: [A] }, subject.signal);
      assert.partialDeepStrictEqual(rows, [
        { records: 3, vectorized: 1, pending: 1, withoutText: 1 },
      ]);
    },
    ["storesVectors", "guardedWrites"],
  );
}
