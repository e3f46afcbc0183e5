import assert from "node:assert/strict";
import { test } from "node:test";
import { Fault } from "../../../src/domain/faults.ts";
import { ALL_CAPABILITIES, CONTRACT, IN_FORCE } from "../../contract/record-store-subject.ts";
import { testRecordStoreContract } from "../../contract/record-store-contract.ts";
import { handsOf } from "../record-source.ts";
import { createFakeLogStore, pendingCount } from "./fake-log-store.ts";
import { errorLogs } from "../log-documents.ts";

testRecordStoreContract("fake", ALL_CAPABILITIES, () => {
  const store = createFakeLogStore([], {
    inForce: IN_FORCE,
    tokenLimit: CONTRACT.tokenLimit,
    maxTextBytes: CONTRACT.maxTextBytes,
  });
  return Promise.resolve({
    store,
    vectors: store,
    ...handsOf(store),
  });
});

test("young records are left out, not those ahead of the clock", async (t) => {
  const now = Date.UTC(2026, 0, 1, 0, 1, 40);
  const store = createFakeLogStore(errorLogs(101), { now: () => now, minAgeMs: 60_000 });
  const ahead = { "@timestamp": "2027-01-01T00:00:00Z", level: "ERROR", message: "ahead" };
  store.seed([{ index: "app_logs", id: "ahead", source: ahead }]);
  const query = { indices: ["app_logs"], limit: 1000, excludeKeys: [] };
  const { records } = await store.findPending(query, t.signal);
  assert.equal(records.length, 42);
  assert.deepEqual([records[0]?.id, records[1]?.id], ["ahead", "log-40"]);
  await using scan = await store.openScan("app_logs", t.signal);
  assert.equal((await scan.next(1000, t.signal)).length, 42);
});

test("search sees what was changed only after a refresh", async (t) => {
  const store = createFakeLogStore(errorLogs(2));
  store.remove({ index: "app_logs", id: "log-0" });
  assert.equal(await pendingCount(store), 2);
  await store.makeVisible(["app_logs"], t.signal);
  assert.equal(await pendingCount(store), 1);
});

test("a hook sees each call and can fail it", async (t) => {
  const store = createFakeLogStore(errorLogs(1));
  store.before("survey", (call) => {
    if (call === 2) throw new Fault("outage", "fake: gone");
  });
  await store.survey(t.signal);
  await assert.rejects(store.survey(t.signal), /fake: gone/);
  store.before("survey", undefined);
  await store.survey(t.signal);
  assert.equal(store.calls.survey, 3);
});
