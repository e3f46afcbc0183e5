import assert from "node:assert/strict";
import { test } from "node:test";

import { createMemoryStore } from "../../../../../scripts/quickstart/memory/memory-store.ts";
import { testGroupCountsContract } from "../../../../contract/group-counts-contract.ts";
import { testRecordStatisticsContract } from "../../../../contract/record-statistics-contract.ts";
import { testRecordStoreContract } from "../../../../contract/record-store-contract.ts";
import { handsOf } from "../../../../support/record-source.ts";
import { ALL_CAPABILITIES, CONTRACT, IN_FORCE } from "../../../../contract/record-store-subject.ts";

testRecordStoreContract("memory", ALL_CAPABILITIES, create);
testGroupCountsContract("memory", create);
testRecordStatisticsContract("memory", create);

function create() {
  const store = createMemoryStore({
    levels: CONTRACT.levels,
    inForce: IN_FORCE,
    tokenLimit: CONTRACT.tokenLimit,
    maxTextBytes: CONTRACT.maxTextBytes,
    projectField: CONTRACT.projectField,
  });
  return Promise.resolve({
    store,
    vectors: store,
    groupCounts: store,
    statistics: store,
    ...handsOf(store),
  });
}

test("the wanted levels are those of the settings, in any case", async (t) => {
  const store = createMemoryStore({ levels: ["Warn", "FATAL"] });
  const levels = ["WARN", "fatal", "ERROR"];
  store.seed(
    levels.map((level) => ({ index: "app", id: level, source: { level, message: "text" } })),
  );
  const query = { indices: ["app"], limit: 10, excludeKeys: [] };
  const { records } = await store.findPending(query, t.signal);
  assert.deepEqual(records.map(({ id }) => id).toSorted(), ["WARN", "fatal"]);
});

test("a document that is there again is found after a refresh, one that is gone is not", async (t) => {
  const store = createMemoryStore({ levels: ["ERROR"] });
  const source = { level: "ERROR", message: "text" };
  store.seed([{ index: "app", id: "one", source }]);
  store.remove({ index: "app", id: "one" });
  store.arrive([{ index: "app", id: "two", source }]);
  const records = async () => {
    const { rows } = await store.coverage({ indices: ["app"] }, t.signal);
    return rows[0]?.records;
  };
  const query = { indices: ["app"], limit: 10, excludeKeys: [] };
  const found = async () => (await store.findPending(query, t.signal)).records.map(({ id }) => id);
  assert.deepEqual(await found(), ["one"]);
  await store.makeVisible(["app"], t.signal);
  assert.deepEqual(await found(), ["two"]);
  assert.equal(await records(), 1);
});
