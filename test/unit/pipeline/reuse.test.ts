import assert from "node:assert/strict";
import { test } from "node:test";
import { createReuse } from "../../../src/pipeline/reuse.ts";
import { Fault } from "../../../src/domain/faults.ts";
import type { Gap } from "../../../src/domain/partial.ts";
import type { FoundVectors, StoredVector } from "../../../src/ports/vector-index.ts";
import { createManualClock } from "../../support/fakes/manual-clock.ts";
import { recordEvents } from "../../support/fakes/recorded-events.ts";
import { signer } from "../../support/fakes/signer.ts";

const { signal } = new AbortController();
const STORED: StoredVector = { vector: Float32Array.of(1, 0), truncated: false };

type Setup = {
  pricePerMillionTokens?: number | null;
  /** Which of the texts the store has. */
  has?: (hash: string) => boolean;
  lookMs?: number;
};

const GAPS: Gap[] = [{ index: "app_logs", reason: "1 of 5 shards failed" }];

function setUp({ pricePerMillionTokens = 0.13, has = () => false, lookMs = 5 }: Setup = {}) {
  const clock = createManualClock();
  const { events, told } = recordEvents();
  const asked: string[][] = [];
  const state: { has: typeof has; fault: Fault | undefined; gaps?: Gap[] } = {
    has,
    fault: undefined,
  };
  const vectors = {
    findVectors({ textHashes }: { textHashes: readonly string[] }) {
      asked.push([...textHashes]);
      clock.jump(lookMs);
      if (state.fault) return Promise.reject(state.fault);
      const known = textHashes.filter((hash) => state.has(hash));
      const found: FoundVectors = new Map(known.map((hash) => [hash, STORED]));
      const { gaps } = state;
      return Promise.resolve(gaps ? Object.assign(found, { gaps }) : found);
    },
  };
  const embedder = { model: "m", dimensions: 2, pricePerMillionTokens };
  const reuse = createReuse({ vectors, embedder, signer, clock, events });
  let texts = 0;
  /** Looks for `batches` times a hundred new texts. */
  const look = async (batches: number) => {
    for (let i = 0; i < batches; i++) {
      const hashes = Array.from({ length: 100 }, () => String(texts++));
      await reuse.find(hashes, signal);
    }
  };
  return { reuse, asked, told, state, look, clock };
}

test("a vector in the store is found by the hash of its text", async () => {
  const { reuse, asked } = setUp({ has: (hash) => hash === "b" });
  assert.deepEqual(await reuse.find(["a", "b"], signal), new Map([["b", STORED]]));
  assert.deepEqual(asked, [["a", "b"]]);
});

test("without texts the store is not asked", async () => {
  const { reuse, asked } = setUp();
  await reuse.find([], signal);
  assert.deepEqual(asked, []);
});

/** Where a look that finds nothing does not pay. */
function setUpFree() {
  const setup = setUp({ pricePerMillionTokens: 0, lookMs: 5 });
  setup.reuse.embedded(100, 100);
  return setup;
}

test("where a thousand free texts were all new, only every tenth batch is looked for", async () => {
  const { look, asked } = setUpFree();
  await look(10);
  assert.equal(asked.length, 10);
  await look(30);
  assert.equal(asked.length, 13);
});

for (const pricePerMillionTokens of [0.13, null]) {
  test(`texts at a price of ${pricePerMillionTokens} are looked for, however long none comes again`, async () => {
    const { look, asked } = setUp({ pricePerMillionTokens });
    await look(40);
    assert.equal(asked.length, 40);
  });
}

test("free texts that begin to come again are noticed", async () => {
  const { look, asked, state } = setUpFree();
  await look(20);
  const before = asked.length;
  state.has = () => true;
  await look(10);
  assert.equal(asked.length, before + 1);
  await look(10);
  assert.equal(asked.length, before + 11);
});

test("where embedding is free, looking must be quicker than embedding", async () => {
  const setup = { pricePerMillionTokens: 0, has: () => true, lookMs: 100 };
  const quick = setUp(setup);
  quick.reuse.embedded(100, 10);
  await quick.look(30);
  assert.equal(quick.asked.length, 12);
  const slow = setUp(setup);
  slow.reuse.embedded(100, 1000);
  await slow.look(30);
  assert.equal(slow.asked.length, 30);
});

for (const kind of ["outage", "rate"] as const) {
  test(`a store that cannot be asked now (${kind}) is a reason not to pay yet`, async () => {
    const { reuse, state, told, asked } = setUp();
    state.fault = new Fault(kind, "fake: no");
    await assert.rejects(reuse.find(["a"], signal), { kind });
    state.fault = undefined;
    await reuse.find(["a"], signal);
    assert.equal(asked.length, 2);
    assert.deepEqual(told.reuseFailed, []);
  });
}

test("a store that will never answer is asked once and told of once", async () => {
  const { reuse, state, told, asked } = setUp();
  state.fault = new Fault("credentials", "fake: no permission");
  for (let i = 0; i < 3; i++) assert.deepEqual(await reuse.find(["a"], signal), new Map());
  assert.equal(asked.length, 1);
  assert.deepEqual(told.reuseFailed, [{ fault: state.fault }]);
});

test("a text that a failed shard may have is asked for again until the shard is back", async () => {
  const { reuse, asked, state, clock, told } = setUp();
  state.gaps = GAPS;
  const found = reuse.find(["a"], signal);
  await clock.advance(1000);
  delete state.gaps;
  state.has = () => true;
  await clock.advance(60_000);
  assert.deepEqual([...(await found).keys()], ["a"]);
  assert.equal(asked.length, 3);
  assert.deepEqual(told.answerPartial, []);
});

test("a shard that stays away is waited for once, told, and then holds up nothing until it was back", async () => {
  const { reuse, asked, state, clock, told } = setUp();
  state.gaps = GAPS;
  for (const hash of ["a", "b"]) {
    const found = reuse.find([hash], signal);
    await clock.advance(60_000);
    assert.equal((await found).size, 0);
  }
  assert.deepEqual(clock.slept, [1000, 2000, 4000]);
  assert.equal(asked.length, 5);
  assert.partialDeepStrictEqual(told.answerPartial, [{ gaps: GAPS }]);
  assert.equal(told.answerPartial.length, 1);
  delete state.gaps;
  await reuse.find(["c"], signal);
  state.gaps = GAPS;
  const found = reuse.find(["d"], signal);
  await clock.advance(60_000);
  await found;
  assert.deepEqual(clock.slept.length, 6);
});

test("failed shards matter to nobody where every text was found", async () => {
  const { reuse, state, clock } = setUp({ has: () => true });
  state.gaps = GAPS;
  assert.equal((await reuse.find(["a", "b"], signal)).size, 2);
  assert.deepEqual(clock.slept, []);
});
