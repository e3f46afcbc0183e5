import assert from "node:assert/strict";
import { test } from "node:test";
import { Fault } from "../../src/model/faults.ts";
import { fewSearches } from "../../src/search/few-searches.ts";
import type { SearchAnswer } from "../../src/search/search-answer.ts";
import { settled } from "../support/manual-clock.ts";

const QUERY = { text: "disk full", limit: 10 };

function setUp() {
  const underWay: PromiseWithResolvers<SearchAnswer>[] = [];
  const begin = () => {
    const one = Promise.withResolvers<SearchAnswer>();
    underWay.push(one);
    return one.promise;
  };
  const everything = new AbortController().signal;
  const searches = fewSearches({ search: begin, similar: begin });
  const ask = (requested = everything) =>
    searches.search(QUERY, { requested, embedding: everything, everything });
  return { underWay, ask };
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

test("who goes away while he waits is asked for no more", async () => {
  const { underWay, ask } = setUp();
  for (let i = 0; i < 4; i++) void ask();
  const gone = new AbortController();
  const waiting = ask(gone.signal);
  gone.abort();
  await assert.rejects(waiting, Fault);
  assert.equal(underWay.length, 4);
});
