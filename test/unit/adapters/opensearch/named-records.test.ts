import assert from "node:assert/strict";
import { test } from "node:test";
import { namedRecords } from "../../../../src/adapters/opensearch/named-records.ts";

const clause = (indices: string[], values: string[]) => ({
  bool: { filter: [{ terms: { _index: indices } }, { ids: { values } }] },
});

test("records are sought in their own index only, and in no search that lacks it", () => {
  const named = namedRecords(["a/1", "b/1", "a/x/y", "c/3"]);
  assert.deepEqual(named([{ index: "a" }, { index: "b" }, { index: "d" }]), [
    clause(["a"], ["1", "x/y"]),
    clause(["b"], ["1"]),
  ]);
  assert.deepEqual(named([{ index: "d" }]), []);
  assert.deepEqual(namedRecords([])([{ index: "a" }]), []);
});

test("records of very many indices make no query of more clauses than a search may have", () => {
  const indices = Array.from({ length: 150 }, (_, i) => `i${i}`);
  const clauses = namedRecords(indices.map((index) => `${index}/1`))(
    indices.map((index) => ({ index })),
  );
  assert.equal(clauses.length, 101);
  assert.deepEqual(clauses.at(-1), clause(indices.slice(100), ["1"]));
});
