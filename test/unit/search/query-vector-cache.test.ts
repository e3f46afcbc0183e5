import assert from "node:assert/strict";
import { test } from "node:test";
import { createQueryVectorCache } from "../../../src/search/query-vector-cache.ts";
import { createMemoryState } from "../../support/fakes/memory-state.ts";
import { stubVector } from "../../support/fakes/stub-vector.ts";
import { axis, pending, setUpSearch, vectorized } from "./search-setup.ts";

const EMBEDDER = { model: "m", dimensions: 8 };
const found = (text: string) => ({ vector: stubVector(text, 8), truncated: false });

test("a query's vector is known to the next process, to the last bit", async () => {
  const state = createMemoryState();
  const kept = { vector: stubVector("a", 8), truncated: true };
  await createQueryVectorCache(state, EMBEDDER).keep("a", kept);
  const next = createQueryVectorCache(state, EMBEDDER);
  assert.deepEqual(await next.find("a"), kept);
  assert.equal(await next.find("b"), undefined);
  assert.doesNotMatch(JSON.stringify(state.saved), /"a"/);
});

test("of another model or other dimensions nothing is known", async () => {
  const state = createMemoryState();
  await createQueryVectorCache(state, EMBEDDER).keep("a", found("a"));
  assert.equal(
    await createQueryVectorCache(state, { ...EMBEDDER, model: "n" }).find("a"),
    undefined,
  );
  assert.equal(
    await createQueryVectorCache(state, { ...EMBEDDER, dimensions: 9 }).find("a"),
    undefined,
  );
});

test("the latest fifty are kept", async () => {
  const state = createMemoryState();
  const asked = createQueryVectorCache(state, EMBEDDER);
  for (let i = 0; i < 50; i++) await asked.keep(`${i}`, found(`${i}`));
  await asked.keep("0", found("0"));
  await asked.keep("50", found("50"));
  assert.equal(await asked.find("1"), undefined);
  for (const text of ["0", "2", "50"]) assert.ok(await asked.find(text), text);
});

test("a saved value that cannot be read is ignored and replaced", async () => {
  const state = createMemoryState();
  await state.save("searches", { not: "this" });
  const asked = createQueryVectorCache(state, EMBEDDER);
  assert.equal(await asked.find("a"), undefined);
  await asked.keep("a", found("a"));
  assert.ok(await asked.find("a"));
});

test("neither a text nor a record of another level is paid for again without any cache", async () => {
  const documents = [
    pending(1, "info", { level: "INFO" }),
    vectorized(2, "x", { vector: axis(1) }),
  ];
  const { search, similar, embedder } = setUpSearch(documents, { maxEntries: 0 });
  await search("asked");
  await similar("log-1");
  assert.equal(embedder.calls.length, 2);
  const again = await search("asked");
  await similar("log-1");
  assert.equal(embedder.calls.length, 2);
  assert.equal(again.embedding.texts, 0);
  assert.equal(again.hits.length, 1);
});
