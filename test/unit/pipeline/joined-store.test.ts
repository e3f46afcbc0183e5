import assert from "node:assert/strict";
import { test } from "node:test";
import { Fault } from "../../../src/domain/faults.ts";
import type { LogRecord } from "../../../src/domain/log-record.ts";
import { joinStore } from "../../../src/pipeline/joined-store.ts";
import type { Update } from "../../../src/ports/record-store.ts";
import { createFakeLogStore } from "../../support/fakes/fake-log-store.ts";
import { signed, signer, textHash } from "../../support/fakes/signer.ts";
import { createSplitStore, type SplitStore } from "../../support/fakes/split-store.ts";
import { stubVector } from "../../support/fakes/stub-vector.ts";
import { errorLogs } from "../../support/log-documents.ts";

const { signal } = new AbortController();
const INDEX = "app_logs";
const MODEL = { model: "m", dimensions: 8 };
const EMPTY = { skipped: "empty", field: "message", text_hash: "0" } as const;

async function setUp(count = 2) {
  const split = createSplitStore({ levels: ["ERROR"], inForce: MODEL });
  split.seed(errorLogs(count));
  const joined = joinStore({ ...split, signer: async () => signer });
  await joined.store.survey(signal);
  const { records } = await joined.store.findPending(
    { indices: [INDEX], limit: 10, excludeKeys: [] },
    signal,
  );
  const record = (id: string) => records.find((one) => one.id === id) ?? assert.fail(id);
  const write = async (...updates: Update[]) => {
    const results = await joined.store.write(updates, signal);
    return results.map((one) => (one.status === "failed" ? one.fault.message : one.status));
  };
  return { ...split, joined, record, write };
}

function vectorOf(record: LogRecord): Update {
  const vector = stubVector(record.text, 8);
  const stamp = {
    ...MODEL,
    text_hash: textHash(record.text),
    embedded_at: "then",
    truncated: false,
  };
  return { record, vector, stamp: signed(stamp, vector) };
}

function stampOf({ read }: SplitStore, id: string): unknown {
  return read({ index: INDEX, id })?.["log_vector_meta"];
}

test("the index has the vector before the record has the stamp", async () => {
  const split = await setUp();
  const stamps: unknown[] = [];
  split.vectors.refuse(() => {
    stamps.push(stampOf(split, "log-0"));
    return undefined;
  });
  const update = vectorOf(split.record("log-0"));
  assert.deepEqual(await split.write(update), ["written"]);
  assert.deepEqual(stamps, [undefined]);
  assert.deepEqual(stampOf(split, "log-0"), "stamp" in update && update.stamp);
});

test("without its vector in the index no stamp is written, and the others of the write are", async () => {
  const split = await setUp(3);
  const { record, write, vectors } = split;
  const refusal = new Fault("record", "no room");
  vectors.refuse((point) => (point.record.id === "log-0" ? refusal : undefined));
  const updates = [vectorOf(record("log-0")), vectorOf(record("log-1"))];
  const results = await write(...updates, { record: record("log-2"), mark: EMPTY });
  assert.deepEqual(results, ["no room", "written", "written"]);
  assert.equal(stampOf(split, "log-0"), undefined);
});

test("an index that does not answer fails the vectors, not the marks", async () => {
  const split = await setUp();
  split.vectors.refuse(() => {
    throw new Fault("outage", "away");
  });
  const mark = { record: split.record("log-1"), mark: EMPTY };
  assert.deepEqual(await split.write(vectorOf(split.record("log-0")), mark), ["away", "written"]);
  assert.deepEqual(
    [stampOf(split, "log-0"), stampOf(split, "log-1")],
    [undefined, signedMark(mark)],
  );
});

function signedMark({ record, mark }: { record: LogRecord; mark: typeof EMPTY }) {
  return signer.signMark(record, mark);
}

test("a record that is gone leaves no vector in the index", async () => {
  const { record, write, remove, vectors } = await setUp();
  const gone = record("log-0");
  remove(gone);
  assert.deepEqual(await write(vectorOf(gone)), ["missing"]);
  assert.deepEqual(vectors.of(gone), []);
});

test("where writes are not guarded, a record that changed since is not written", async () => {
  const split = await setUp();
  const { record, write, change } = split;
  change({ index: INDEX, id: "log-0" }, { message: "another text" });
  assert.deepEqual(await write(vectorOf(record("log-0")), vectorOf(record("log-1"))), [
    "conflicted",
    "written",
  ]);
  assert.equal(stampOf(split, "log-0"), undefined);
});

test("a stamped record is read with its vector, and with none that is signed for another", async () => {
  const { record, write, joined, vectors } = await setUp();
  const update = vectorOf(record("log-0"));
  await write(update);
  const read = () => joined.store.readCurrent([record("log-0"), record("log-1")], signal);
  const [stamped, bare] = await read();
  assert.ok(stamped?.state === "current" && "vector" in update);
  assert.deepEqual(stamped.vector, update.vector);
  assert.deepEqual(bare, { state: "unchanged" });
  await vectors.upsert?.([{ ...update, vector: stubVector("another", 8) }], signal);
  const [forged] = await read();
  assert.ok(forged?.state === "current");
  assert.equal(forged.vector, undefined);
});

test("a vector that may be in what was not seen makes its record unreadable, not one without", async () => {
  const split = await setUp();
  await split.write(vectorOf(split.record("log-0")));
  const partial = Object.assign(new Map(), {
    gaps: [{ index: "points", reason: "a part is away" }],
  });
  const vectors = { ...split.vectors, findVectors: async () => partial };
  const { store } = joinStore({ ...split, vectors, signer: async () => signer });
  const [now] = await store.readCurrent([split.record("log-0")], signal);
  assert.ok(now?.state === "unreadable");
  assert.deepEqual([now.fault.kind, now.fault.message], ["outage", "points: a part is away"]);
});

test("hits have their records from the store; vectors that no stamp means are passed over, those of records gone deleted", async () => {
  const { record, write, joined, vectors, remove } = await setUp(3);
  await write(vectorOf(record("log-0")), vectorOf(record("log-1")));
  await vectors.upsert?.(
    [vectorOf(record("log-2"))].flatMap((one) => ("stamp" in one ? [one] : [])),
    signal,
  );
  remove(record("log-1"));
  const query = {
    indices: [INDEX],
    filter: {},
    excludeKeys: [],
    excludeHashes: [],
    vector: stubVector("x", 8),
    model: MODEL.model,
    limit: 10,
  };
  const { hits } = await joined.vectors.nearest(query, signal);
  assert.deepEqual(
    hits.map((hit) => [hit.record.id, hit.record.text]),
    [["log-0", "error number 0 in app_logs"]],
  );
  assert.deepEqual(
    [vectors.of(record("log-1")).length, vectors.of(record("log-2")).length],
    [0, 1],
  );
});

test("a store that shows writes at once needs nothing for it; one that only shows them in its own time has shown none", async () => {
  const { store, vectors } = await setUp();
  const seen = async (delayedVisibility: boolean) => {
    const capabilities = { ...store.capabilities, delayedVisibility };
    const parts = { store: { ...store, capabilities }, vectors, signer: async () => signer };
    return (await joinStore(parts).store.makeVisible(["a", "b"], signal)).seen;
  };
  assert.deepEqual([await seen(false), await seen(true)], [["a", "b"], []]);
});

test("a store that can do all of it is asked no more than before; its marks are signed", async () => {
  const fake = createFakeLogStore(errorLogs(2));
  const { store, vectors } = joinStore({ store: fake, vectors: fake, signer: async () => signer });
  assert.equal(vectors, fake);
  const query = { indices: [INDEX], limit: 10, excludeKeys: [] };
  const [first, second] = (await store.findPending(query, signal)).records;
  assert.ok(first && second);
  await store.write([vectorOf(first), { record: second, mark: EMPTY }], signal);
  assert.deepEqual([fake.calls.readCurrent, fake.calls.findVectors, fake.calls.write], [0, 0, 1]);
  const written = fake.writes.flat().at(-1);
  assert.deepEqual(written, { record: second, mark: signer.signMark(second, EMPTY) });
});
