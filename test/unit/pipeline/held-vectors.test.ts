import assert from "node:assert/strict";
import { describe, test } from "node:test";
import {
  countHeldVectors,
  createHeldVectors,
  heldVectorsLabel,
} from "../../../src/pipeline/held-vectors.ts";
import { createSigner } from "../../../src/pipeline/signer.ts";
import type { StoredVector } from "../../../src/ports/vector-index.ts";
import { createManualClock, type ManualClock } from "../../support/fakes/manual-clock.ts";
import { createMemorySpool, type MemorySpool } from "../../support/fakes/memory-spool.ts";
import { recordEvents } from "../../support/fakes/recorded-events.ts";
import { signer, textHash } from "../../support/fakes/signer.ts";

const MODEL = { model: "m", dimensions: 3, pricePerMillionTokens: 1 as number | null };

type Options = Partial<typeof MODEL> & { clock?: ManualClock; key?: string };

function setUp(spool: MemorySpool | undefined, options: Options = {}) {
  const { clock = createManualClock(), key, ...model } = options;
  const cached = new Map<string, StoredVector>();
  const { events, told } = recordEvents();
  const held = createHeldVectors({
    spool,
    cache: { hold: (hash, entry) => void cached.set(hash, entry) },
    signer: key === undefined ? signer : createSigner({ secret: key, textVersion: "t" }),
    embedder: { ...MODEL, ...model },
    clock,
    events,
  });
  return { held, cached, told, clock, spool };
}

function answers(...texts: string[]): Map<string, StoredVector> {
  return new Map(
    texts.map((text, i) => [
      textHash(text),
      { vector: Float32Array.of(text.length, -0.1, 1e-30), truncated: i === 1 },
    ]),
  );
}

test("a vector held when a process ends is in the next one's cache, and gone once it is written", async () => {
  const before = setUp(createMemorySpool());
  before.held.hold(answers("disk full", "no route", "timeout"));
  before.held.release(textHash("no route"));
  assert.equal(before.held.count(), 2);

  const { held, cached, told, spool } = setUp(createMemorySpool(before.spool?.segments));
  await Promise.all([held.takeOver(), held.takeOver()]);
  assert.deepEqual([...cached], [...answers("disk full", "no route", "timeout")]);
  assert.deepEqual(told.heldVectorsFound, [{ vectors: 3, damagedBytes: 0 }]);
  for (const text of ["disk full", "no route"]) held.release(textHash(text));
  assert.equal(spool?.segments.size, 1);
  held.release(textHash("timeout"));
  assert.equal(spool.segments.size, 0);
  assert.equal(held.count(), 0);
});

test("what an ended process had written after all is let go once nothing is pending, and no vector of this process", async () => {
  const before = setUp(createMemorySpool());
  before.held.hold(answers("written", "not written"));
  const { held, spool } = setUp(createMemorySpool(before.spool?.segments));
  await held.takeOver();
  held.hold(answers("of this process"));
  held.release(textHash("not written"));
  held.nothingPending();
  assert.equal(held.count(), 1);
  assert.equal(spool?.segments.size, 1);
  held.release(textHash("of this process"));
  assert.equal(spool.segments.size, 0);
});

test("a segment is deleted once no frame of it is needed, in whatever order that becomes so", () => {
  const { held, spool } = setUp(createMemorySpool(new Map(), { framesPerSegment: 2 }));
  held.hold(answers("a", "b"));
  held.hold(answers("c"));
  held.hold(answers("d"));
  assert.equal(spool?.segments.size, 2);
  for (const text of ["c", "b", "never held"]) held.release(textHash(text));
  assert.equal(spool.segments.size, 2);
  held.release(textHash("a"));
  assert.deepEqual([...spool.segments.keys()], ["own-2"]);
});

test("a text that is paid for again takes the place of the first", () => {
  const { held, spool } = setUp(createMemorySpool());
  held.hold(answers("a"));
  held.hold(answers("a"));
  assert.equal(held.count(), 1);
  assert.equal(spool?.segments.size, 1);
  held.release(textHash("a"));
  assert.equal(spool.segments.size, 0);
});

test("no text and no part of one is in a frame", () => {
  const { held, spool } = setUp(createMemorySpool());
  held.hold(answers("password hunter2 refused"));
  const [bytes] = spool?.segments.values() ?? [];
  assert.ok(bytes);
  assert.ok(!Buffer.from(bytes).toString("latin1").includes("hunter2"));
});

describe("held vectors that cannot be trusted or do not fit are not used", () => {
  async function taken(bytes: Uint8Array, options: Options = {}) {
    const { held, cached, told, spool } = setUp(
      createMemorySpool(new Map([["left", bytes]])),
      options,
    );
    await held.takeOver();
    return { cached: cached.size, found: told.heldVectorsFound, kept: spool?.segments.size };
  }
  function left(options: Options = {}): Uint8Array {
    const { held, spool } = setUp(createMemorySpool(new Map(), { framesPerSegment: 9 }), options);
    held.hold(answers("a", "b"));
    held.hold(answers("c"));
    const [bytes] = spool?.segments.values() ?? [];
    assert.ok(bytes);
    return bytes;
  }

  test("of a cut end the whole frames are used, and the rest is said", async () => {
    const bytes = left();
    for (const cut of [1, 20, 60]) {
      const { cached, found } = await taken(bytes.subarray(0, bytes.length - cut));
      assert.equal(cached, 2);
      assert.equal(found.length, 1);
      assert.equal(found[0]?.vectors, 2);
      assert.ok((found[0]?.damagedBytes ?? 0) > 0);
    }
  });

  test("a changed byte, wherever it is, gives nobody another vector", async () => {
    const bytes = left();
    for (let at = 0; at < bytes.length; at++) {
      const changed = Uint8Array.from(bytes);
      changed[at] = (changed[at] ?? 0) ^ 0x41;
      const { held, cached } = setUp(createMemorySpool(new Map([["left", changed]])));
      await held.takeOver();
      const whole = new Map([...answers("a", "b"), ...answers("c")]);
      for (const [hash, entry] of cached) assert.deepEqual(entry, whole.get(hash), `byte ${at}`);
      assert.ok(cached.size < 3, `byte ${at}`);
    }
  });

  test("a file that somebody else wrote is not believed", async () => {
    const { cached, found } = await taken(left({ key: "another key that nobody here knows" }));
    assert.equal(cached, 0);
    assert.equal(found[0]?.vectors, 0);
    for (const bytes of [
      new Uint8Array(),
      new Uint8Array(1000),
      Buffer.from("LVH1\xff\xff\xff\xff"),
    ]) {
      assert.equal((await taken(bytes)).cached, 0);
    }
  });

  for (const [what, other] of [
    ["model", { model: "another" }],
    ["length", { dimensions: 4 }],
  ] as const)
    test(`a vector of another ${what} is not used`, async () => {
      const { cached } = await taken(left(), other);
      assert.equal(cached, 0);
    });

  test("one older than a day is not used", async () => {
    const clock = createManualClock();
    const bytes = left({ clock });
    clock.jump(24 * 3_600_000 + 1);
    assert.deepEqual(await taken(bytes, { clock }), { cached: 0, found: [], kept: 0 });
  });
});

test("a vector that no record is given within a day is let go", async () => {
  const { held, spool, clock } = setUp(createMemorySpool());
  held.hold(answers("a"));
  clock.jump(23 * 3_600_000);
  held.hold(answers("b"));
  await held.sync();
  assert.equal(held.count(), 2);
  clock.jump(2 * 3_600_000);
  await held.sync();
  assert.equal(held.count(), 1);
  assert.equal(spool?.segments.size, 1);
});

test("a vector that a running process holds is used, and left to that process", async () => {
  const before = setUp(createMemorySpool());
  before.held.hold(answers("a"));
  const spool = createMemorySpool(before.spool?.segments, { running: true });
  const { held, cached, told } = setUp(spool);
  await held.takeOver();
  assert.equal(cached.size, 1);
  assert.equal(held.count(), 0);
  assert.equal(told.heldVectorsFound.length, 0);
});

test("a vector that cost nothing is not held on disk, and where there is no room or no disk it is held in memory", async () => {
  const free = setUp(createMemorySpool(), { pricePerMillionTokens: 0 });
  free.held.hold(answers("a"));
  assert.equal(free.spool?.segments.size, 0);
  const unknown = setUp(createMemorySpool(), { pricePerMillionTokens: null });
  unknown.held.hold(answers("a"));
  assert.equal(unknown.spool?.segments.size, 1);
  for (const spool of [undefined, createMemorySpool(new Map(), { maxFrames: 0 })]) {
    const { held } = setUp(spool);
    held.hold(answers("a"));
    held.release(textHash("a"));
    await held.takeOver();
    await held.sync();
    assert.equal(held.count(), 0);
  }
});

test("the vectors of all segments are counted without a key", async () => {
  const { held, spool } = setUp(createMemorySpool(), { key: "another key that nobody here knows" });
  held.hold(answers("a", "b"));
  held.hold(answers("c"));
  const all = async function* () {
    for (const [name, bytes] of spool?.segments ?? []) yield { name, bytes };
    yield { name: "damaged", bytes: new Uint8Array(50) };
  };
  assert.equal(await countHeldVectors(all()), 3);
});

test("processes of another model, length or key have another label", () => {
  const label = (model: string, dimensions: number, key: string) =>
    heldVectorsLabel({ model, dimensions }, { key });
  const labels = [label("m", 3, "k"), label("n", 3, "k"), label("m", 4, "k"), label("m", 3, "l")];
  assert.equal(new Set(labels).size, 4);
  assert.match(labels.join(""), /^[0-9a-f]+$/);
  assert.equal(label("m", 3, "k"), labels[0]);
});
