import assert from "node:assert/strict";
import { test } from "node:test";
import { textHash } from "../../support/fakes/signer.ts";
import { axis, setUpSearch, timeOf, vectorized } from "./search-setup.ts";

test("one error in a thousand records leaves room for the others", async () => {
  const flood = Array.from({ length: 1000 }, (_, i) =>
    vectorized(i, "the same again", { vector: axis(1) }),
  );
  const other = vectorized(2000, "something else", { vector: axis(0.1) });
  const { search, answerWith } = setUpSearch([...flood, other]);
  answerWith(axis(1));
  const { hits, more } = await search("asked");
  assert.deepEqual(
    hits.map(({ message, count }) => [message, count]),
    [
      ["the same again", 1000],
      ["something else", 1],
    ],
  );
  const [{ first_seen: first, last_seen: last } = assert.fail()] = hits;
  assert.deepEqual([first, last, more], [timeOf(0), timeOf(999), false]);
});

test("one error with other numbers each time leaves room for the others too", async () => {
  const flood = Array.from({ length: 150 }, (_, i) =>
    vectorized(i, `request ${i} timed out`, { vector: axis(1 - i / 10_000) }),
  );
  const other = vectorized(2000, "something else", { vector: axis(0.1) });
  const { search, answerWith, store } = setUpSearch([...flood, other]);
  answerWith(axis(1));
  const { hits } = await search("asked");
  assert.deepEqual(
    hits.map(({ message, count }) => [message, count]),
    [
      ["request 0 timed out", 150],
      ["something else", 1],
    ],
  );
  assert.equal(store.calls.nearest, 2);
});

test("it gives up after some rounds, and says that there may be more", async () => {
  const flood = Array.from({ length: 2500 }, (_, i) =>
    vectorized(i, `request ${i} timed out`, { vector: axis(1 - i / 100_000) }),
  );
  const { search, answerWith, store } = setUpSearch(flood);
  answerWith(axis(1));
  const { hits, more } = await search("asked");
  assert.deepEqual([hits.length, hits[0]?.count, more], [1, 1050, true]);
  assert.equal(store.calls.nearest, 3);
});

test("enough is asked for once where groups are many", async () => {
  const words = ["disk", "pool", "lock", "heap", "quota", "socket"];
  const documents = words.map((word, i) =>
    vectorized(i, `${word} exhausted`, { vector: axis(0.9 - i / 100) }),
  );
  const { search, answerWith, store } = setUpSearch(documents);
  answerWith(axis(1));
  const { hits, more } = await search("asked", { limit: 3 });
  assert.deepEqual(
    hits.map(({ message }) => message),
    words.slice(0, 3).map((word) => `${word} exhausted`),
  );
  assert.deepEqual([more, store.calls.nearest], [true, 1]);
});

test("records whose stamp holds no hash do not come again for ever", async () => {
  const documents = Array.from({ length: 120 }, (_, i) =>
    vectorized(i, "the same", { vector: axis(1), stamp: { text_hash: null } }),
  );
  const other = vectorized(200, "other", { vector: axis(0), stamp: { text_hash: textHash("x") } });
  const { search, answerWith } = setUpSearch([...documents, other]);
  answerWith(axis(1));
  const { hits } = await search("asked");
  assert.deepEqual(
    hits.map(({ message, count }) => [message, count]),
    [
      ["the same", 120],
      ["other", 1],
    ],
  );
});

test("a forged document with a victim's text hash does not put the victim's records out of sight", async () => {
  const victim = "payment refused by the bank";
  const flood = Array.from({ length: 60 }, (_, i) =>
    vectorized(i, `request ${i} timed out`, { vector: axis(1 - i / 10_000) }),
  );
  const forged = vectorized(500, "request 500 timed out", {
    vector: axis(1),
    stamp: { text_hash: textHash(victim) },
  });
  const records = [100, 101].map((id) => vectorized(id, victim, { vector: axis(0.5) }));
  const { search, answerWith } = setUpSearch([...flood, forged, ...records]);
  answerWith(axis(1));
  const { hits } = await search("asked");
  assert.deepEqual(
    hits.map(({ message }) => message),
    ["request 500 timed out", victim],
  );
});
