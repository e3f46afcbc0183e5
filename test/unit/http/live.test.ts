import assert from "node:assert/strict";
import { test } from "node:test";
import { z } from "zod";
import { createLive } from "../../../src/http/live.ts";
import { createManualClock } from "../../support/fakes/manual-clock.ts";

const toldShape = z.object({ parts: z.record(z.string(), z.string()) });

function setUp() {
  const clock = createManualClock();
  const stop = new AbortController();
  const bugs: unknown[] = [];
  let reads = 0;
  let parts: Record<string, string> = { a: "<p>1</p>", b: "<p>same</p>" };
  let fails = false;
  const live = createLive({
    read() {
      reads++;
      if (fails) return Promise.reject(new Error("a bug"));
      return Promise.resolve({ now: "2026-01-02T03:04:05Z", parts });
    },
    clock,
    stop: { requested: stop.signal },
    onBug: (error) => bugs.push(error),
  });
  const turn = () => new Promise((resume) => void setImmediate(resume));
  return {
    live,
    clock,
    stop,
    bugs,
    turn,
    reads: () => reads,
    change: (next: Record<string, string>) => (parts = next),
    fail: () => (fails = true),
  };
}

function join({ live }: ReturnType<typeof setUp>, may?: () => Promise<boolean>) {
  const stream = live.join(may);
  assert.ok(stream);
  const told: Record<string, string>[] = [];
  let ended = false;
  stream.setEncoding("utf8");
  stream.on("data", (text: string) => {
    for (const [, data = ""] of text.matchAll(/^data: (.*)$/gm)) {
      told.push(toldShape.parse(JSON.parse(data)).parts);
    }
  });
  stream.on("end", () => (ended = true));
  return { stream, told, ended: () => ended };
}

test("a newcomer is told everything, then only what has changed", async () => {
  const set = setUp();
  const { told } = join(set);
  await set.turn();
  set.change({ a: "<p>2</p>", b: "<p>same</p>" });
  await set.clock.advance(2000);
  await set.clock.advance(2000);
  await set.turn();
  assert.deepEqual(told, [{ a: "<p>1</p>", b: "<p>same</p>" }, { a: "<p>2</p>" }, {}]);
});

test("many who look cost one reading, and nobody costs none", async () => {
  const set = setUp();
  const all = Array.from({ length: 50 }, () => join(set));
  await set.turn();
  assert.equal(set.reads(), 1);
  for (const { stream } of all) stream.destroy();
  await set.turn();
  await set.clock.advance(60_000);
  assert.equal(set.reads(), 1);
  assert.equal(set.clock.sleepers, 0);
});

test("a client that joins later sees the page at once", async () => {
  const set = setUp();
  join(set);
  await set.turn();
  const { told } = join(set);
  await set.turn();
  assert.equal(told.length, 1);
});

test("a client that does not read is disconnected before it fills the memory", async () => {
  const set = setUp();
  const stream = set.live.join();
  assert.ok(stream);
  for (let i = 0; i < 8; i++) {
    set.change({ a: String(i).repeat(200_000) });
    await set.clock.advance(2000);
    await set.turn();
  }
  assert.ok(stream.destroyed);
});

test("a shutdown ends all streams, and lets nobody in", async () => {
  const set = setUp();
  const { ended } = join(set);
  await set.turn();
  set.stop.abort();
  await set.turn();
  await set.turn();
  assert.ok(ended());
  assert.equal(set.live.join(), undefined);
});

test("a bug of ours is told of, and ends the streams: the page comes back by itself", async () => {
  const set = setUp();
  set.fail();
  const { ended } = join(set);
  await set.turn();
  await set.turn();
  assert.ok(ended());
  assert.equal(set.bugs.length, 1);
});

test("there is a bound", () => {
  const set = setUp();
  const all = Array.from({ length: 201 }, () => set.live.join());
  assert.equal(all.filter(Boolean).length, 200);
  set.stop.abort();
});

test("a client that joins later gets a page of any size", async () => {
  const set = setUp();
  set.change({ a: "x".repeat(3_000_000) });
  join(set);
  await set.turn();
  const { stream, told } = join(set);
  await set.turn();
  assert.deepEqual([told.length, stream.destroyed], [1, false]);
});

test("a viewer whose session ended is told nothing more, and the others continue", async () => {
  const set = setUp();
  let may = true;
  const held = join(set, () => Promise.resolve(may));
  const other = join(set);
  await set.turn();
  may = false;
  set.change({ a: "<p>secret</p>" });
  await set.clock.advance(2000);
  await set.turn();
  assert.ok(held.ended());
  assert.doesNotMatch(JSON.stringify(held.told), /secret/);
  assert.match(JSON.stringify(other.told), /secret/);
  assert.deepEqual(set.bugs, []);
});
