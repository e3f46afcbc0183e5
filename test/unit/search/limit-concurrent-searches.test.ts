import assert from "node:assert/strict";
import { test } from "node:test";
import { Fault } from "../../../src/domain/faults.ts";
import {
  limitConcurrentSearches,
  searchBytes,
} from "../../../src/search/limit-concurrent-searches.ts";
import type { SearchAnswer } from "../../../src/search/search-answer.ts";
import { settled } from "../../support/fakes/manual-clock.ts";

const QUERY = { text: "disk full", mode: "meaning" as const, limit: 10 };
const PLENTY = 64 * 1024 ** 3;

function setUp({ memoryBytes = PLENTY } = {}) {
  const underWay: PromiseWithResolvers<SearchAnswer>[] = [];
  const begin = () => {
    const one = Promise.withResolvers<SearchAnswer>();
    underWay.push(one);
    return one.promise;
  };
  const everything = new AbortController().signal;
  const record = () => Promise.reject(new Fault("outage", "not asked for"));
  const searches = limitConcurrentSearches(
    { search: begin, similar: begin, record },
    { memoryBytes },
  );
  const ask = (requested = everything, query: Partial<typeof QUERY> = {}) =>
    searches.search({ ...QUERY, ...query }, { requested, embedding: everything, everything });
  const end = async (place: number) => {
    underWay[place]?.reject(new Fault("outage", "gone"));
    await settled();
  };
  return { underWay, ask, end };
}

test("four searches run at once, others when one of these has ended, well or not", async () => {
  const { underWay, ask } = setUp();
  const asked = Array.from({ length: 6 }, () => ask().catch(() => undefined));
  await settled();
  assert.equal(underWay.length, 4);
  underWay[0]?.reject(new Fault("outage", "gone"));
  await asked[0];
  await settled();
  assert.equal(underWay.length, 5);
});

test("a client that leaves while it waits causes no search", async () => {
  const { underWay, ask } = setUp();
  for (let i = 0; i < 4; i++) void ask();
  const gone = new AbortController();
  const waiting = ask(gone.signal);
  gone.abort();
  await assert.rejects(waiting, Fault);
  assert.equal(underWay.length, 4);
});

test("searches at once share one budget of memory: what does not fit waits, in its turn", async () => {
  const quarter = 2.5 * searchBytes(10);
  const { underWay, ask, end } = setUp({ memoryBytes: 4 * quarter });
  const asked = [ask(), ask(), ask(undefined, { limit: 100 }), ask()];
  for (const one of asked) void one.catch(() => undefined);
  await settled();
  assert.equal(underWay.length, 2, "a third one is too much");
  await end(0);
  assert.equal(underWay.length, 3, "the large one comes before the small one that came later");
  await end(1);
  assert.equal(underWay.length, 4);
});

test("where there is next to no memory, one search at a time is carried out all the same", async () => {
  const { underWay, ask, end } = setUp({ memoryBytes: 1 });
  for (let i = 0; i < 3; i++) void ask().catch(() => undefined);
  await settled();
  assert.equal(underWay.length, 1);
  await end(0);
  assert.equal(underWay.length, 2);
});

test("where too many wait already, who comes is told when to try again", async () => {
  const { underWay, ask } = setUp();
  for (let i = 0; i < 20; i++) {
    void ask().catch(() => undefined);
    await settled();
  }
  await assert.rejects(ask(), { name: "SearchRefused", code: "busy", retryAfterSeconds: 5 });
  assert.equal(underWay.length, 4);
});
