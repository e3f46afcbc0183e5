import assert from "node:assert/strict";
import type { Located, Target } from "../../src/ports/record-store.ts";
import {
  A,
  assertNear,
  B,
  log,
  STAMP,
  VECTOR,
  vectorOf,
  type Promises,
  type Fields,
  type Subject,
} from "./record-store-subject.ts";

/** What every log store promises of documents that are sought by what a message says of them. */
export function testLocating(contract: Promises): void {
  contract("locates a document by its id before any refresh", async (subject) => {
    await subject.seed([log(A, 1), log(B, 2)]);
    const locate = await locating(subject);
    await subject.arrive([log(A, 3), log(B, 4)]);
    const [named, anywhere] = await locate({ id: "log-3", index: A }, { id: "log-4" });
    assert.deepEqual([place(named), place(anywhere)], [`${A}/log-3`, `${B}/log-4`]);
    const { record, current } = found(named);
    assert.deepEqual(current, { state: "current", changed: true, record });
    assert.deepEqual([record.text, record.level], ["error 3", "ERROR"]);
  });

  contract("locates a document by the log's own id in a field after a refresh", async (subject) => {
    await subject.seed([byOwnId(A, 1, "own-1"), byOwnId(B, 2, "own-2"), log(A, 3)]);
    const locate = await locating(subject);
    const located = await locate({ id: "own-1", index: A }, { id: "own-2" }, { id: "own-1" });
    assert.deepEqual(located.map(place), [`${A}/log-1`, `${B}/log-2`, `${A}/log-1`]);
    for (const one of located) {
      const { record, current } = found(one);
      assert.deepEqual(current, { state: "current", changed: true, record });
    }
  });

  contract(
    "what is nowhere is missing, and an index that is not there is said",
    async (subject) => {
      await subject.seed([byOwnId(A, 1, "own-1"), log(B, 2)]);
      const locate = await locating(subject);
      const located = await locate(
        { id: "log-9", index: A },
        { id: "log-9" },
        { id: "log-1", index: "contract_gone" },
        { id: "log-2", index: A },
        { id: "own-1", index: B },
      );
      assert.deepEqual(
        located,
        [false, false, true, false, false].map((unknownIndex) => ({
          state: "missing",
          unknownIndex,
        })),
      );
    },
  );

  contract("one id in two indices means the document of the index named", async (subject) => {
    await subject.seed([byOwnId(A, 1, "own-1"), byOwnId(B, 2, "own-1"), log(A, 3), log(B, 3)]);
    const locate = await locating(subject);
    const located = await locate(
      { id: "own-1", index: B },
      { id: "own-1", index: A },
      { id: "log-3", index: A },
      { id: "log-3", index: B },
    );
    const places = [`${B}/log-2`, `${A}/log-1`, `${A}/log-3`, `${B}/log-3`];
    assert.deepEqual(located.map(place), places);
  });

  contract("an own id in another index is no substitute for the one named", async (subject) => {
    await subject.seed([byOwnId(A, 1, "own-1"), log(B, 2)]);
    const locate = await locating(subject);
    const located = await locate({ id: "own-1", index: A }, { id: "own-1", index: B });
    assert.deepEqual(located.map(place), [`${A}/log-1`, "missing"]);
  });

  contract("a document with a vector comes back with it, however it is found", async (subject) => {
    await subject.seed([byOwnId(A, 1, "own-1")]);
    const taken = await subject.taken();
    const vector = vectorOf("error 1");
    await subject.write([{ record: taken("log-1"), vector, stamp: STAMP }]);
    await subject.visible(A);
    const locate = await locating(subject);
    for (const one of await locate({ id: "log-1", index: A }, { id: "own-1" })) {
      const { current } = found(one);
      assert.ok(current.state === "current");
      // Such a vector is finished work, not one that search cannot see.
      assert.equal(current.changed, true);
      assert.ok(current.vector);
      assertNear(current.vector, vector);
      assert.equal(current.record.stamp?.["text_hash"], STAMP.text_hash);
    }
  });

  contract(
    "a vector without a stamp counts too",
    async (subject) => {
      await subject.seed([byOwnId(A, 1, "own-1")]);
      await subject.ready();
      await subject.change({ index: A, id: "log-1" }, { vector: [...vectorOf("by others")] });
      await subject.visible(A);
      const locate = await locating(subject);
      for (const one of await locate({ id: "log-1", index: A }, { id: "own-1", index: A })) {
        const { current } = found(one);
        assert.ok(current.state === "current" && current.changed && current.vector);
      }
    },
    ["storesVectors"],
  );

  contract(
    "a document found by a search that is out of date is looked at again",
    async (subject) => {
      await subject.seed([1, 2, 3].map((n) => byOwnId(A, n, `own-${n}`)));
      const taken = await subject.taken();
      await subject.change({ index: A, id: "log-1" }, { fields: { message: "another text" } });
      await subject.write([{ record: taken("log-2"), ...VECTOR }]);
      await subject.remove({ index: A, id: "log-3" });
      const locate = await locating(subject);
      const [changed, written, gone] = await locate(
        { id: "own-1" },
        { id: "own-2" },
        { id: "own-3" },
      );
      const { current } = found(changed);
      assert.ok(current.state === "current");
      assert.equal(current.record.text, "another text");
      assert.notEqual(current.record.version, taken("log-1").version);
      const { current: seen } = found(written);
      assert.ok(seen.state === "current" && seen.changed && seen.vector);
      assert.deepEqual(gone, { state: "missing", unknownIndex: false });
    },
  );

  contract(
    "answers in the order of the targets, also where two are one document",
    async (subject) => {
      await subject.seed([byOwnId(A, 1, "own-1"), byOwnId(B, 2, "own-2"), log(A, 3)]);
      const locate = await locating(subject);
      const located = await locate(
        { id: "own-2" },
        { id: "log-9" },
        { id: "log-3", index: A },
        { id: "own-1", index: A },
        { id: "log-1", index: A },
        { id: "log-3", index: "contract_gone" },
        { id: "log-3" },
      );
      assert.deepEqual(located.map(place), [
        `${B}/log-2`,
        "missing",
        `${A}/log-3`,
        `${A}/log-1`,
        `${A}/log-1`,
        "missing",
        `${A}/log-3`,
      ]);
    },
  );

  contract("what was located can be written", async (subject) => {
    await subject.seed([byOwnId(A, 1, "own-1"), log(A, 2), { ...log(B, 3), shardKey: "tenant-7" }]);
    const locate = await locating(subject);
    const located = await locate(
      { id: "own-1" },
      { id: "log-2", index: A },
      { id: "log-3", index: B, shardKey: "tenant-7" },
    );
    const records = located.map((one) => found(one).record);
    assert.equal(records[2]?.shardKey, "tenant-7");
    const updates = records.map((record) => ({ record, ...VECTOR }));
    assert.deepEqual(await subject.write(updates), ["written", "written", "written"]);
  });

  contract("where nothing is sought, nothing is found", async (subject) => {
    await subject.seed([log(A, 1)]);
    const locate = await locating(subject);
    assert.deepEqual(await locate(), []);
  });
}

/** The way to locate in indices that are ready to be written. */
async function locating(subject: Subject) {
  await subject.ready();
  return (...targets: Target[]) => subject.store.locate(targets, subject.signal);
}

/** A document whose id is not the log's own. */
function byOwnId(index: string, number: number, ownId: string, changes: Fields = {}) {
  return log(index, number, { log_id: ownId, ...changes });
}

function found(located: Located | undefined): Extract<Located, { state: "found" }> {
  assert.equal(located?.state, "found");
  return located;
}

function place(located: Located | undefined): string | undefined {
  return located?.state === "found"
    ? `${located.record.index}/${located.record.id}`
    : located?.state;
}
