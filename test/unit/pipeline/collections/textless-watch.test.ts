import assert from "node:assert/strict";
import { test } from "node:test";
import { Fault } from "../../../../src/domain/faults.ts";
import { setUpBackfill } from "../../backfill/backfill-setup.ts";
import { errorLog } from "../../../support/log-documents.ts";

const signal = new AbortController().signal;

test("an index in which no record has a text is told with where there are words, once until that changes", async () => {
  const { cycle, store, told } = setUpBackfill([
    { index: "app", id: "1", source: { ...errorLog(1, " ").source, hint: "no route to host" } },
    errorLog(2, "fine", "other"),
  ]);
  for (let i = 0; i < 3; i++) await cycle();
  assert.deepEqual(told.textlessFound, [
    { indices: [{ index: "app", lookedIn: ["message"], fields: ["hint"] }] },
  ]);
  store.change({ index: "app", id: "1" }, { message: "text" });
  await store.makeVisible(["app"], signal);
  await cycle();
  await cycle();
  store.drop("app");
  store.seed([errorLog(1, " ", "app")]);
  await cycle();
  await cycle();
  assert.equal(told.textlessFound.length, 2);
});

test("where it cannot be found out, the work goes on", async () => {
  const { cycle, store, told } = setUpBackfill([errorLog(1, " "), errorLog(2, "fine", "other")]);
  store.before("findTextElsewhere", () => {
    throw new Fault("credentials", "fake: no");
  });
  await cycle();
  await cycle();
  assert.deepEqual(told.textlessFound, []);
});
