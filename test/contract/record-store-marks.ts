import assert from "node:assert/strict";
import type { SkipMark } from "../../src/domain/stamp.ts";
import {
  A,
  B,
  CONTRACT,
  EMPTY,
  ids,
  IN_FORCE,
  log,
  NONE,
  STAMP,
  VECTOR,
  type Promises,
} from "./record-store-subject.ts";

const PAST = "2020-01-01T00:00:00.000Z";
const FUTURE = "2999-01-01T00:00:00.000Z";

/** What every log store promises of records that themselves were refused. */
export function testMarks(contract: Promises): void {
  for (const [until, mark] of [
    ["until it is due", refused({ next_try: FUTURE })],
    ["for good where no next try is set", refused({ attempts: 4 })],
  ] as const) {
    contract(`a refused record is skipped ${until}, and counts as such`, async (subject) => {
      await subject.seed([log(A, 1), log(A, 2)]);
      const taken = await subject.taken();
      const record = taken("log-1");
      assert.deepEqual(await subject.write([{ record, mark }]), ["written"]);
      assert.deepEqual((await subject.read(record))?.stamp, mark);
      await subject.visible(A);
      assert.deepEqual(ids(await subject.pending()), ["log-2"]);
      await using scan = await subject.store.openScan(A, subject.signal);
      assert.deepEqual(ids(await scan.next(10, subject.signal)), ["log-2"]);
      const { rows } = await subject.store.coverage({ indices: [A] }, subject.signal);
      assert.deepEqual(rows, [
        {
          ...NONE,
          index: A,
          records: 2,
          vectorized: 0,
          pending: 1,
          quarantined: 1,
          withoutText: 0,
        },
      ]);
    });
  }

  contract(
    "pending records that are kept aside count as quarantined, and no others",
    async (subject) => {
      await subject.seed([
        log(A, 1),
        log(A, 2),
        log(A, 3),
        log(B, 1),
        log(A, 4, { level: "WARN" }),
      ]);
      const taken = await subject.taken();
      const mark = refused({ next_try: FUTURE });
      await subject.write([
        { record: taken("log-2"), ...VECTOR },
        { record: taken("log-3"), mark },
      ]);
      await subject.visible(A);
      const key = await subject.keys();
      const quarantinedKeys = [1, 2, 3, 4, 5].map((number) => key(A, `log-${number}`));
      const { rows } = await subject.store.coverage(
        { indices: [A, B], quarantinedKeys },
        subject.signal,
      );
      assert.deepEqual(rows, [
        {
          ...NONE,
          index: A,
          records: 3,
          vectorized: 1,
          pending: 0,
          quarantined: 2,
          withoutText: 0,
        },
        {
          ...NONE,
          index: B,
          records: 1,
          vectorized: 0,
          pending: 1,
          quarantined: 0,
          withoutText: 0,
        },
      ]);
    },
  );

  contract("a refused record is pending again once it is due", async (subject) => {
    await subject.seed([log(A, 1)]);
    const mark = refused({ next_try: PAST });
    const taken = await subject.taken();
    await subject.write([{ record: taken("log-1"), mark }]);
    await subject.visible(A);
    const [record] = await subject.pending();
    assert.deepEqual(record?.stamp, mark);
    await using scan = await subject.store.openScan(A, subject.signal);
    assert.deepEqual(ids(await scan.next(10, subject.signal)), ["log-1"]);
    const { rows } = await subject.store.coverage({ indices: [A] }, subject.signal);
    assert.deepEqual(rows, [
      { ...NONE, index: A, records: 1, vectorized: 0, pending: 1, quarantined: 0, withoutText: 0 },
    ]);
  });

  contract("a later vector clears the mark", async (subject) => {
    await subject.seed([log(A, 1)]);
    const taken = await subject.taken();
    await subject.write([{ record: taken("log-1"), mark: refused({ next_try: PAST }) }]);
    await subject.visible(A);
    const [record] = await subject.pending();
    assert.ok(record);
    assert.deepEqual(await subject.store.readCurrent([record], subject.signal), [
      { state: "unchanged" },
    ]);
    assert.deepEqual(await subject.write([{ record, ...VECTOR }]), ["written"]);
    assert.deepEqual(said((await subject.read(record))?.stamp), STAMP);
    await subject.visible(A);
    assert.deepEqual(await subject.pending(), []);
    const { rows } = await subject.store.coverage({ indices: [A] }, subject.signal);
    assert.deepEqual(rows, [
      { ...NONE, index: A, records: 1, vectorized: 1, pending: 0, quarantined: 0, withoutText: 0 },
    ]);
  });

  contract("the last refusal leaves no next try of an earlier one", async (subject) => {
    await subject.seed([log(A, 1)]);
    const taken = await subject.taken();
    await subject.write([{ record: taken("log-1"), mark: refused({ next_try: PAST }) }]);
    await subject.visible(A);
    const [record] = await subject.pending();
    assert.ok(record);
    const last = refused({ attempts: 4 });
    assert.deepEqual(await subject.write([{ record, mark: last }]), ["written"]);
    assert.deepEqual(said((await subject.read(record))?.stamp), last);
    await subject.visible(A);
    assert.deepEqual(await subject.pending(), []);
  });
  const { field: _, ...noField } = BASIS;
  for (const [what, basis] of [
    ["another field", { ...BASIS, field: "error.message" }],
    ["no field", noField],
    ["another model", { ...BASIS, refused_by: "another-model" }],
    ["another limit", { ...BASIS, token_limit: 7 }],
  ] as const) {
    contract(
      `a mark that rests on ${what} holds nothing back, and is handed out`,
      async (subject) => {
        await subject.seed([log(A, 1), log(A, 2)]);
        const taken = await subject.taken();
        const mark = refused({ attempts: 4, ...IN_FORCE_BASIS });
        const refusal = { skipped: "refused", attempts: 4, error: "cannot be read" } as const;
        const fallen = { ...refusal, ...basis };
        await subject.write([
          { record: taken("log-1"), mark: fallen },
          { record: taken("log-2"), mark },
        ]);
        await subject.visible(A);
        const [record, ...more] = await subject.pending();
        assert.deepEqual([record?.id, more], ["log-1", []]);
        assert.equal(record?.stamp?.["skipped"], "refused");
        const { rows } = await subject.store.coverage({ indices: [A] }, subject.signal);
        assert.partialDeepStrictEqual(rows, [{ pending: 1, quarantined: 1 }]);
      },
    );
  }

  contract("what is held back by a mark is handed out by its latest change", async (subject) => {
    await subject.seed([1, 2, 3, 4].map((number) => log(A, number, { message: " " })));
    const taken = await subject.taken();
    const marks = ["log-1", "log-2", "log-3"].map((id) => ({ record: taken(id), mark: EMPTY }));
    await subject.write(marks);
    await subject.change({ index: A, id: "log-1" }, { fields: { message: "came later" } });
    await subject.visible(A);
    const query = { indices: [A], limit: 2 };
    const [first, second, ...rest] = await subject.store.findLatestMarked(query, subject.signal);
    assert.deepEqual([first?.id, first?.text], ["log-1", "came later"]);
    assert.deepEqual([second?.id, rest], ["log-3", []]);
    assert.deepEqual(first?.stamp, EMPTY);
    assert.deepEqual(await subject.write([{ record: taken("log-4"), mark: EMPTY }]), ["written"]);
    assert.ok(first);
    assert.deepEqual(await subject.write([{ record: first, unmark: true }]), ["written"]);
    await subject.visible(A);
    assert.deepEqual(ids(await subject.pending()), ["log-1"]);
  });
}

/** The field in which the store under this contract looks for the text. */
const BASIS = { field: "message", text_hash: "0".repeat(64) };

/** What a store under this contract is opened for. */
const IN_FORCE_BASIS = { refused_by: IN_FORCE.model, token_limit: CONTRACT.tokenLimit };

type Refused = Extract<SkipMark, { skipped: "refused" }>;

function refused(changes: Partial<Refused>): Refused {
  return { ...BASIS, skipped: "refused", attempts: 1, error: "cannot be read", ...changes };
}

/** What a stamp holds, without what was set to null. */
function said(meta: unknown): Record<string, unknown> {
  assert.ok(typeof meta === "object" && meta !== null);
  return Object.fromEntries(Object.entries(meta).filter(([, value]) => value !== null));
}
