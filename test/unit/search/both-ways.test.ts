import assert from "node:assert/strict";
import { test } from "node:test";
import { Fault } from "../../../src/domain/faults.ts";
import { SearchRefused } from "../../../src/search/search-refused.ts";
import { failWith } from "../../support/fakes/fake-embedder.ts";
import { axis, pending, setUpSearch, vectorized } from "./search-setup.ts";

const MANY = Array.from({ length: 30 }, (_, i) =>
  vectorized(
    i,
    `the ${"abcdefghij".charAt(i % 10)}${"klm".charAt(i % 3)} pool has no connection left`,
    {
      vector: axis(0.9 - i / 100),
    },
  ),
);
const messages = ({ hits }: { hits: readonly { message: string }[] }) =>
  hits.map(({ message }) => message);

test("a name finds the record that has it first, however far its vector is", async () => {
  const { search, answerWith } = setUpSearch([
    ...MANY,
    vectorized(90, "payment ERR_4711 was refused", { vector: axis(-0.5) }),
    vectorized(91, "payment ERR_4712 was refused", { vector: axis(0.99) }),
  ]);
  answerWith(axis(1));
  const both = await search("ERR_4711", { mode: "both", limit: 3 });
  const [first = assert.fail()] = both.hits;
  assert.equal(first.message, "payment ERR_4711 was refused");
  assert.ok(Math.abs((first.score ?? 1) - -0.5) < 1e-6);
  assert.equal(both.searched_by.join(), "words,meaning");
  const meaning = await search("ERR_4711", { mode: "meaning", limit: 3 });
  assert.notEqual(meaning.hits[0]?.message, first.message);
});

test("a name among other words brings its record to the top, unless many errors have it", async () => {
  const kinds = ["pool", "disk", "queue", "cache", "socket", "mail", "lock"];
  const { search, answerWith } = setUpSearch([
    ...kinds.map((kind, i) =>
      vectorized(i, `the ${kind} of node-7 gave up`, { vector: axis(0.2) }),
    ),
    vectorized(50, "there is no room left", { vector: axis(1) }),
    vectorized(51, "payment ERR_4711 gave up", { vector: axis(-0.9) }),
  ]);
  answerWith(axis(1));
  const rare = await search("why was there no room left with ERR_4711", { mode: "both" });
  assert.equal(rare.hits[0]?.message, "payment ERR_4711 gave up");
  const common = await search("why was there no room left on node-7", { mode: "both" });
  assert.equal(common.hits[0]?.message, "there is no room left");
});

test("of an error with other names each time, the one that was asked for is shown", async () => {
  const { search, answerWith } = setUpSearch(
    Array.from({ length: 20 }, (_, i) =>
      vectorized(i, `no answer for block blk_${1000 + i}`, { vector: axis(0.5 + i / 100) }),
    ),
  );
  answerWith(axis(1));
  for (const query of ["blk_1013", "what about blk_1013", "got no answer for block blk_1013"]) {
    const { hits } = await search(query, { mode: "both" });
    assert.deepEqual(messages({ hits }), ["no answer for block blk_1013"], query);
    assert.equal(hits[0]?.count, 20);
  }
});

test("what both find comes before what one finds", async () => {
  const { search, answerWith } = setUpSearch([
    vectorized(1, "no room left", { vector: axis(0.9) }),
    vectorized(2, "disk is full", { vector: axis(0.8) }),
    vectorized(3, "disk of another kind", { vector: axis(0.1) }),
  ]);
  answerWith(axis(1));
  const { hits } = await search("disk full", { mode: "both" });
  assert.equal(hits[0]?.message, "disk is full");
  assert.deepEqual(
    hits.map(({ found_by: by }) => by.join()),
    ["words,meaning", "words,meaning", "meaning"],
  );
});

test("a record without a vector is found by words, and said to have none", async () => {
  const { search, answerWith } = setUpSearch([
    vectorized(1, "something else", { vector: axis(0.9) }),
    pending(2, "disk is full"),
  ]);
  answerWith(axis(1));
  const { hits } = await search("disk", { mode: "both" });
  const hit = hits.find(({ id }) => id === "log-2");
  assert.deepEqual([hit?.score, hit?.vectorized, hit?.found_by], [null, false, ["words"]]);
});

test("by words nothing is embedded, whatever the embedder is like", async () => {
  const { search, embedder } = setUpSearch([vectorized(1, "disk is full"), pending(2, "x")]);
  embedder.plan(failWith(new Fault("credentials", "fake: down")));
  const answer = await search("disk", { mode: "words" });
  assert.deepEqual(messages(answer), ["disk is full"]);
  assert.deepEqual([answer.hits[0]?.score, answer.hits[0]?.vectorized], [null, true]);
  assert.deepEqual([answer.searched_by, answer.embedding.requests], [["words"], 0]);
  assert.equal(embedder.calls.length, 0);
});

test("an embedder that is down takes the meaning from a search, and not the words", async () => {
  const { search, embedder } = setUpSearch([vectorized(1, "disk is full")]);
  embedder.plan(failWith(new Fault("credentials", "fake: down")));
  const answer = await search("disk", { mode: "both" });
  assert.deepEqual(messages(answer), ["disk is full"]);
  assert.deepEqual(answer.searched_by, ["words"]);
  assert.deepEqual(answer.not_searched_by, [{ by: "meaning", reason: "fake: down" }]);
});

test("a store that fails by words takes the words from a search, and not the meaning", async () => {
  const { search, store } = setUpSearch([vectorized(1, "disk is full")]);
  store.before("findByWords", () => {
    throw new Fault("configuration", "fake: too many clauses");
  });
  const answer = await search("disk is full", { mode: "both" });
  assert.deepEqual(messages(answer), ["disk is full"]);
  assert.deepEqual(answer.not_searched_by, [{ by: "words", reason: "fake: too many clauses" }]);
  store.before("nearest", () => {
    throw new Fault("outage", "fake: gone");
  });
  await assert.rejects(search("disk is full", { mode: "both" }), Fault);
});

test("a store without words: both is meaning alone, and words is refused with the remedy", async () => {
  const { search, store } = setUpSearch([vectorized(1, "disk is full")]);
  delete (store as Partial<typeof store>).findByWords;
  const answer = await search("disk is full", { mode: "both" });
  assert.deepEqual([answer.searched_by, answer.not_searched_by], [["meaning"], []]);
  await assert.rejects(search("disk", { mode: "words" }), (error: unknown) => {
    assert.ok(error instanceof SearchRefused);
    assert.deepEqual([error.code, /meaning/.test(error.hint ?? "")], ["no_words", true]);
    return true;
  });
});

test("a part in quotation marks is in every hit, by words and by meaning", async () => {
  const { search, answerWith } = setUpSearch([
    vectorized(1, "disk is full", { vector: axis(0.99) }),
    vectorized(2, "the disk full again", { vector: axis(-0.9) }),
    vectorized(3, "disk: full", { vector: axis(0.9) }),
    pending(4, "Disk  Full of logs"),
  ]);
  answerWith(axis(1));
  for (const mode of ["both", "words"] as const) {
    const answer = await search('is the "disk full" now', { mode });
    assert.deepEqual(messages(answer).toSorted(), ["Disk  Full of logs", "the disk full again"]);
    assert.deepEqual(answer.query.must_have, ["disk full"]);
    assert.equal(answer.query.text, "is the disk full now");
  }
  const { hits, searched } = await search('"disk full"', { mode: "meaning" });
  assert.deepEqual(messages({ hits }), ["the disk full again"]);
  assert.equal(searched.records, 2);
});

test("an index without vectors is searched by words, and said to be by these alone", async () => {
  const { search, store } = setUpSearch([
    vectorized(1, "disk is full"),
    { ...pending(2, "disk of b is full"), index: "b_logs" },
  ]);
  store.define("b_logs", { mapped: false });
  const { hits, left_out: leftOut } = await search("disk", { mode: "both" });
  assert.deepEqual(hits.map(({ index }) => index).toSorted(), ["app_logs", "b_logs"]);
  assert.deepEqual(leftOut, [
    { index: "b_logs", reason: "no record has a vector yet", by: "meaning" },
  ]);
});

test("an error that fills the hits by words leaves room for the others", async () => {
  const flood = Array.from({ length: 150 }, (_, i) => pending(i, `disk ${i} is full`));
  const { search } = setUpSearch([
    ...flood,
    pending(900, "a disk of another kind, with a long text"),
  ]);
  const { hits, more } = await search("disk", { mode: "words" });
  assert.deepEqual(
    hits.map(({ count }) => count),
    [150, 1],
  );
  assert.equal(more, false);
});

test("the least score holds for meaning alone", async () => {
  const { search, answerWith } = setUpSearch([
    vectorized(1, "disk is full", { vector: axis(0.2) }),
    vectorized(2, "no room left", { vector: axis(0.5) }),
  ]);
  answerWith(axis(1));
  const { hits } = await search("disk", { mode: "both", minScore: 0.6 });
  assert.deepEqual(messages({ hits }), ["disk is full"]);
  assert.ok(Math.abs((hits[0]?.score ?? 0) - 0.2) < 1e-6);
});
