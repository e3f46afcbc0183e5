import assert from "node:assert/strict";
import { test } from "node:test";
import { asVersion } from "../../../src/domain/version.ts";
import { z } from "zod";
import { createUnseenVectors } from "../../../src/pipeline/unseen-vectors.ts";
import { Fault } from "../../../src/domain/faults.ts";
import type { LogRecord } from "../../../src/domain/log-record.ts";
import type { CurrentState } from "../../../src/ports/record-store.ts";
import { createManualClock } from "../../support/fakes/manual-clock.ts";
import { createMemoryState, type MemoryState } from "../../support/fakes/memory-state.ts";
import { signer, signed } from "../../support/fakes/signer.ts";

const EMBEDDER = { model: "m", dimensions: 2 };
const VECTOR = Float32Array.of(1, 0);
const { signal } = new AbortController();

function setUp() {
  const clock = createManualClock();
  const state = createMemoryState();
  /** By document id: what a look at it answers; without one it is missing. */
  const looks = new Map<string, CurrentState>();
  const asked: string[][] = [];
  const store = {
    readCurrent(records: readonly LogRecord[]) {
      asked.push(records.map(({ id }) => id));
      return Promise.resolve(
        records.map(({ id }): CurrentState => looks.get(id) ?? { state: "missing" as const }),
      );
    },
  };
  const open = (embedder = EMBEDDER) =>
    createUnseenVectors({ store, state, embedder, signer, clock });
  const stands = (id: string, hash: string, stamp: object = {}) => {
    const record = { index: "app", id, version: asVersion("3:1"), text: "t" };
    const basis = { ...EMBEDDER, text_hash: hash, embedded_at: "", truncated: false, ...stamp };
    const own = signed(basis, VECTOR);
    looks.set(id, {
      state: "current",
      changed: true,
      record: { ...record, stamp: own },
      vector: VECTOR,
    });
  };
  return { clock, state, looks, asked, open, stands };
}

/** The documents that the state directory has last. */
function keptIn({ saved }: MemoryState): unknown[] {
  return z
    .array(z.tuple([z.string(), z.array(z.unknown())]))
    .parse(saved.at(-1))
    .flatMap(([, places]) => places);
}

const at = (id: string) => ({ index: "app", id });

test("a vector that was written is read from its document until search has found it", async () => {
  const { open, stands, asked } = setUp();
  const unseen = open();
  stands("1", "hash");
  unseen.written("hash", at("1"));
  for (let times = 0; times < 2; times++) {
    const found = await unseen.find(["hash", "other"], signal);
    assert.deepEqual(found, new Map([["hash", { vector: VECTOR, truncated: false }]]));
  }
  unseen.seen(["hash"]);
  assert.deepEqual(await unseen.find(["hash"], signal), new Map());
  assert.deepEqual(asked, [["1"], ["1"]]);
});

test("a text that is not remembered costs no request", async () => {
  const { open, asked } = setUp();
  assert.deepEqual(await open().find(["hash"], signal), new Map());
  assert.deepEqual(asked, []);
});

for (const [what, stamp] of [
  ["of another text", { text_hash: "other" }],
  ["of another model", { model: "n" }],
] as const) {
  test(`a vector ${what} is not taken for this one`, async () => {
    const { open, stands } = setUp();
    const unseen = open();
    stands("1", "hash", stamp);
    unseen.written("hash", at("1"));
    assert.deepEqual(await unseen.find(["hash"], signal), new Map());
  });
}

test("of several documents one that still has the vector is enough", async () => {
  const { open, stands } = setUp();
  const unseen = open();
  stands("1", "hash");
  for (const id of ["1", "2", "3"]) unseen.written("hash", at(id));
  assert.equal((await unseen.find(["hash"], signal)).size, 1);
});

test("a text waits for a document that cannot be read, though not for ever", async () => {
  const { open, looks, clock } = setUp();
  const unseen = open();
  const fault = new Fault("outage", "no shard available");
  looks.set("1", { state: "unreadable", fault });
  unseen.written("hash", at("1"));
  assert.deepEqual(await unseen.find(["hash"], signal), new Map([["hash", { fault }]]));
  clock.jump(119_999);
  assert.deepEqual(await unseen.find(["hash"], signal), new Map([["hash", { fault }]]));
  clock.jump(1);
  assert.deepEqual(await unseen.find(["hash"], signal), new Map());
});

test("a text does not wait for a document whose index is closed", async () => {
  const { open, looks } = setUp();
  const unseen = open();
  looks.set("1", { state: "unreadable", fault: new Fault("index", "closed") });
  unseen.written("hash", at("1"));
  assert.deepEqual(await unseen.find(["hash"], signal), new Map());
});

test("the next process knows of it, with the document's shard key", async () => {
  const { open, stands, asked, state } = setUp();
  const first = open();
  first.written("hash", { ...at("1"), shardKey: "r" });
  await first.save();
  stands("1", "hash");
  const next = open();
  await next.load();
  assert.equal((await next.find(["hash"], signal)).size, 1);
  assert.deepEqual(asked, [["1"]]);
  assert.deepEqual(keptIn(state), [{ index: "app", id: "1", shard_key: "r" }]);
});

test("a document that an earlier version kept with a routing is read with its shard key", async () => {
  const { open, stands, state } = setUp();
  const first = open();
  first.written("hash", { ...at("1"), shardKey: "r" });
  await first.save();
  await state.change("unseen-vectors", (kept) =>
    JSON.parse(JSON.stringify(kept).replace("shard_key", "routing")),
  );
  stands("1", "hash");
  const next = open();
  await next.load();
  next.written("other", at("2"));
  await next.save();
  assert.deepEqual(keptIn(state)[0], { index: "app", id: "1", shard_key: "r" });
});

test("the next process of another model does not", async () => {
  const { open, stands } = setUp();
  const first = open();
  first.written("hash", at("1"));
  await first.save();
  stands("1", "hash");
  const next = open({ model: "n", dimensions: 2 });
  await next.load();
  assert.deepEqual(await next.find(["hash"], signal), new Map());
});

test("a text whose record a refresh made visible is remembered in this process alone, and nothing is saved for it", async () => {
  const { open, stands, state } = setUp();
  const unseen = open();
  stands("1", "hash");
  unseen.written("hash", at("1"));
  unseen.refreshing(["app"])();
  await unseen.save();
  assert.deepEqual(state.saved, []);
  // A copy of the shard may lag behind its refresh: only a search that finds it ends this.
  assert.equal((await unseen.find(["hash"], signal)).size, 1);
});

test("a record written during a refresh, or in another index, is remembered for the next process", async () => {
  const { open, state } = setUp();
  const unseen = open();
  unseen.written("elsewhere", { index: "web", id: "2" });
  const refreshed = unseen.refreshing(["app"]);
  unseen.written("hash", at("1"));
  refreshed();
  await unseen.save();
  assert.deepEqual(keptIn(state), [{ index: "web", id: "2" }, at("1")]);
});

test("two processes keep theirs beside each other, and each takes back its own", async () => {
  const { open, state } = setUp();
  const [one, other] = [open(), open()];
  one.written("a", at("1"));
  await one.save();
  other.written("b", at("2"));
  await other.save();
  assert.deepEqual(keptIn(state), [at("1"), at("2")]);
  one.seen(["a"]);
  await one.save();
  assert.deepEqual(keptIn(state), [at("2")]);
});

test("the latest 5,000 texts are remembered, and a file of nonsense is none", async () => {
  const { open, stands, state } = setUp();
  const unseen = open();
  for (let n = 0; n <= 5000; n++) {
    stands(String(n), `hash ${n}`);
    unseen.written(`hash ${n}`, at(String(n)));
  }
  const found = await unseen.find(["hash 0", "hash 1", "hash 5000"], signal);
  assert.deepEqual([...found.keys()], ["hash 1", "hash 5000"]);
  await state.save("unseen-vectors", { no: "list" });
  const next = open();
  await next.load();
  assert.deepEqual(await next.find(["hash 1"], signal), new Map());
});
