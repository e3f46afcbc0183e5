import assert from "node:assert/strict";
import { test } from "node:test";
import { sightedGroup } from "../../../src/domain/memory/group.ts";
import { reembedGroups } from "../../../src/memory/reembed-groups.ts";
import { sighting } from "../../contract/error-memory-contract.ts";
import { createFakeErrorMemory } from "../../support/fakes/fake-error-memory.ts";
import { stubVector } from "../../support/fakes/stub-vector.ts";

const { signal } = new AbortController();

/** Groups by their ids, each with a vector of that model. */
async function memoryWith(models: Record<string, string>) {
  const memory = createFakeErrorMemory();
  await memory.groups.change(
    Object.keys(models),
    (id) => ({
      group: sightedGroup(undefined, { ...sighting(id), example: { index: "i", id, text: id } }),
      vector: { values: stubVector(id, 4), model: models[id] ?? "", texts: 5 },
    }),
    { visible: "now" },
    signal,
  );
  return memory;
}

test("groups with a vector of another model get one of this, and the others are not paid for", async () => {
  const memory = await memoryWith({ a: "old", b: "new", c: "older" });
  const asked: string[] = [];
  const embed = async (texts: readonly string[]) => {
    asked.push(...texts);
    return texts.map((text) => stubVector(`new ${text}`, 8));
  };
  const done = await reembedGroups(memory.groups, { model: "new", embed }, signal);
  assert.deepEqual(done, { embedded: 2, left: 0 });
  assert.deepEqual(asked.toSorted(), ["a", "c"]);
  const vectors = await memory.groups.vectors(["a", "b", "c"], "new", signal);
  assert.deepEqual(vectors.get("a"), { values: stubVector("new a", 8), model: "new", texts: 1 });
  assert.deepEqual(vectors.get("b"), { values: stubVector("b", 4), model: "new", texts: 5 });
  assert.equal(vectors.size, 3);
  await reembedGroups(memory.groups, { model: "new", embed }, signal);
  assert.equal(asked.length, 2, "a second run pays for nothing");
});

test("where the embedder answers nothing, groups keep what they have, and it is not asked for each part", async () => {
  const models = Object.fromEntries(Array.from({ length: 250 }, (_, i) => [`g${i}`, "old"]));
  const memory = await memoryWith(models);
  let asked = 0;
  const embed = async (texts: readonly string[]) => {
    asked++;
    return texts.map(() => undefined);
  };
  const done = await reembedGroups(memory.groups, { model: "new", embed }, signal);
  assert.deepEqual([done, asked], [{ embedded: 0, left: 250 }, 1]);
  assert.equal((await memory.groups.vectors(Object.keys(models), "old", signal)).size, 250);
});
