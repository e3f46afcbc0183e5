import assert from "node:assert/strict";
import { recordName } from "../../src/domain/log-record.ts";
import type { RefusalMark } from "../../src/domain/stamp.ts";
import { A, B, ids, log, VECTOR, type Promises, type Subject } from "./record-store-subject.ts";

const REFUSED = ["refused"] as const;
const BASIS = { field: "message", text_hash: "0".repeat(64) };

const DUE: RefusalMark = {
  ...BASIS,
  skipped: "refused",
  attempts: 2,
  error: "no such language",
  next_try: "2020-01-01T00:00:00.000Z",
};
const WAITING = { ...DUE, next_try: "2999-01-01T00:00:00.000Z" };
const FOR_GOOD: RefusalMark = {
  ...BASIS,
  skipped: "refused",
  attempts: 4,
  error: "cannot be read",
};

/** What every log store promises of finding what was refused, and of taking its marks away. */
export function testRefused(contract: Promises): void {
  contract("counts and hands out all that bear the mark of a refusal, with it", async (subject) => {
    await marked(subject, { "log-1": DUE, "log-2": WAITING, "log-3": FOR_GOOD });
    assert.deepEqual(await counted(subject), [{ index: A, records: 3 }]);
    const records = await refused(subject, A, 2);
    assert.deepEqual(
      new Map(records.map(({ id, stamp }) => [id, stamp])),
      new Map(Object.entries({ "log-1": DUE, "log-2": WAITING, "log-3": FOR_GOOD })),
    );
    assert.ok(records.every(({ text, timestamp }) => text === "" && timestamp !== undefined));
    assert.deepEqual(await refused(subject, B), []);
  });

  contract(
    "neither what is marked empty nor what has its vector by now was refused",
    async (subject) => {
      await marked(subject, { "log-1": DUE, "log-2": DUE, "log-3": DUE });
      const taken = await subject.taken();
      await subject.write([
        { record: taken("log-2"), ...VECTOR },
        { record: taken("log-3"), mark: { skipped: "empty" } },
      ]);
      await subject.change({ index: A, id: "log-1" }, { fields: { level: "WARN" } });
      await subject.visible(A);
      assert.deepEqual([await counted(subject), await refused(subject, A)], [[], []]);
    },
  );

  contract("of those only the ids asked for", async (subject) => {
    await marked(subject, { "log-1": WAITING, "log-2": WAITING });
    const query = { kinds: REFUSED, ids: ["log-2", "log-9"] };
    assert.deepEqual(await counted(subject, query), [{ index: A, records: 1 }]);
    await using scan = await subject.store.openMarkedScan({ index: A, ...query }, subject.signal);
    assert.deepEqual(ids(await scan.next(10, subject.signal)), ["log-2"]);
  });

  contract(
    "without its mark a record is pending at once, and nothing tells of it",
    async (subject) => {
      await marked(subject, { "log-1": WAITING, "log-2": FOR_GOOD });
      const records = await refused(subject, A);
      const statuses = await subject.write(records.map((record) => ({ record, unmark: true })));
      assert.deepEqual(statuses, ["written", "written"]);
      await subject.visible(A);
      const pending = await subject.pending();
      assert.deepEqual(
        new Set(ids(pending)),
        new Set(["log-1", "log-2", "log-3", "log-4", "log-5"]),
      );
      assert.ok(pending.every(({ stamp }) => stamp === undefined));
      assert.deepEqual(await counted(subject), []);
      const stored = await subject.read({ index: A, id: "log-1" });
      assert.deepEqual(stored, { fields: log(A, 1).fields, stamp: null });
      assert.deepEqual(
        await subject.write(pending.map((record) => ({ record, ...VECTOR }))),
        pending.map(() => "written"),
      );
      const after = await subject.read({ index: A, id: "log-1" });
      assert.deepEqual(after?.stamp, VECTOR.stamp);
    },
  );

  contract("a mark that changed since it was read is not taken away", async (subject) => {
    await marked(subject, { "log-1": WAITING, "log-2": WAITING });
    const records = await refused(subject, A);
    await subject.change({ index: A, id: "log-1" }, { fields: { message: "changed since" } });
    await subject.remove({ index: A, id: "log-2" });
    const statuses = await subject.write(records.map((record) => ({ record, unmark: true })));
    const statusOf = new Map(records.map(({ id }, i) => [id, statuses[i]]));
    assert.deepEqual([statusOf.get("log-1"), statusOf.get("log-2")], ["conflicted", "missing"]);
    const stored = await subject.read({ index: A, id: "log-1" });
    assert.deepEqual(stored?.stamp, WAITING);
  });

  contract("dropped for good, no next try is left in the mark", async (subject) => {
    await marked(subject, { "log-1": DUE });
    const [record] = await refused(subject, A);
    assert.ok(record);
    const { next_try: _, ...mark } = DUE;
    assert.deepEqual(await subject.write([{ record, mark }]), ["written"]);
    await subject.visible(A);
    assert.ok(!ids(await subject.pending()).includes("log-1"));
    const [after] = await refused(subject, A);
    assert.ok((after?.stamp?.["next_try"] ?? null) === null);
    assert.partialDeepStrictEqual(after?.stamp, { ...mark });
  });
}

/** Logs 1 to 4 in A and 5 in B, those of A that are named with their mark, visible to search. */
async function marked(subject: Subject, marks: Record<string, RefusalMark>): Promise<void> {
  await subject.seed([...[1, 2, 3, 4].map((number) => log(A, number)), log(B, 5)]);
  const records = await subject.pending();
  const updates = Object.entries(marks).map(([id, mark]) => {
    const record = records.find((one) => recordName(one) === `${A}/${id}`);
    assert.ok(record);
    return { record, mark };
  });
  assert.ok((await subject.write(updates)).every((status) => status === "written"));
  await subject.visible(A);
}

async function counted({ store, signal }: Subject, more: { ids?: string[] } = {}) {
  const query = { indices: [A, B], kinds: REFUSED, ...more };
  const { rows, gaps } = await store.countMarked(query, signal);
  assert.deepEqual(gaps, []);
  return rows;
}

async function refused({ store, signal }: Subject, index: string, limit = 100) {
  await using scan = await store.openMarkedScan({ index, kinds: REFUSED }, signal);
  const records = [];
  for (;;) {
    const page = await scan.next(limit, signal);
    assert.ok(page.length <= limit);
    if (page.length === 0) return records;
    records.push(...page);
  }
}
