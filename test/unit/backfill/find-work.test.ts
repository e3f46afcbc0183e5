import assert from "node:assert/strict";
import { test } from "node:test";
import { findWork } from "../../../src/backfill/find-work.ts";
import { Fault } from "../../../src/domain/faults.ts";
import { errorLogs } from "../../support/log-documents.ts";
import { setUpBackfill } from "./backfill-setup.ts";

test("counts the backlog of the fit indices and leaves out what has none", async () => {
  const { deps, stop, store } = setUpBackfill([...errorLogs(3, "a"), ...errorLogs(2, "b")]);
  store.define("c", {});
  store.define("d", { unfit: "closed" });
  const work = await findWork(deps, stop.signals);
  assert.deepEqual(work.fit, ["c", "b", "a"]);
  assert.equal(work.unfit, 1);
  assert.equal(work.found, 5);
  assert.deepEqual(
    work.pending.map(({ index }) => index),
    ["b", "a"],
  );
});

test("only indices that will be written to get their mapping", async () => {
  const { deps, stop, store, told } = setUpBackfill(errorLogs(1, "a"));
  store.define("a", { mapped: false });
  store.define("idle", { mapped: false });
  await findWork(deps, stop.signals);
  assert.deepEqual(told.mappingAdded, [{ index: "a" }]);
  const { fit } = await store.survey(stop.signals.everything);
  assert.deepEqual(
    fit.map(({ index, mapped }) => [index, mapped]),
    [
      ["idle", false],
      ["a", true],
    ],
  );
  await findWork(deps, stop.signals);
  assert.equal(told.mappingAdded.length, 1);
});

test("an index that takes no mapping is left out, and counts as unfit", async () => {
  const { deps, stop, store, told } = setUpBackfill([...errorLogs(3, "a"), ...errorLogs(2, "b")]);
  store.define("a", { mapped: false, refusesMapping: "limit of total fields" });
  for (let i = 0; i < 2; i++) {
    const work = await findWork(deps, stop.signals);
    assert.deepEqual(work.fit, ["b"]);
    assert.equal(work.unfit, 1);
    assert.equal(work.found, 2);
  }
  assert.deepEqual(told.indexUnfit, [{ index: "a", reason: "limit of total fields" }]);
  assert.deepEqual(told.mappingAdded, []);
});

test("an incomplete count is reported", async () => {
  const { deps, stop, store, told } = setUpBackfill(errorLogs(1, "a"));
  store.define("a", { partial: "2 of 5 shards failed" });
  await findWork(deps, stop.signals);
  assert.deepEqual(told.answerPartial, [
    { gaps: [{ index: "a", reason: "2 of 5 shards failed" }], during: "the counting of records" },
  ]);
});

test("a pause is over once its index is deleted, closed, or has nothing pending any more", async () => {
  const { deps, stop, store, told } = setUpBackfill(
    ["a", "b", "c", "d"].flatMap((index) => errorLogs(1, index)),
  );
  for (const index of ["a", "b", "c", "d"]) deps.paused.ended(index, new Fault("index", "flood"));
  await findWork(deps, stop.signals);
  assert.deepEqual(told.indexPauseDropped, []);
  store.drop("a");
  store.define("b", { unfit: "closed" });
  store.remove({ index: "c", id: "log-0" });
  await store.makeVisible(["c"], stop.signals.everything);
  await findWork(deps, stop.signals);
  assert.deepEqual(
    told.indexPauseDropped,
    ["a", "b", "c"].map((index) => ({ index })),
  );
});

test("where shards hide their records a pause holds", async () => {
  const { deps, stop, store, told } = setUpBackfill(errorLogs(1, "a"));
  store.define("b", { partial: "1 of 5 shards failed" });
  deps.paused.ended("b", new Fault("index", "flood"));
  await findWork(deps, stop.signals);
  assert.deepEqual(told.indexPauseDropped, []);
});

test("the embedder loads what it needs once records are pending, and nothing where none is", async () => {
  const { deps, stop, store } = setUpBackfill([]);
  store.define("a", {});
  let warmedUp = 0;
  const warmUp = () => void warmedUp++;
  const work = await findWork({ ...deps, embedder: { warmUp } }, stop.signals);
  assert.deepEqual([work.fit, warmedUp], [["a"], 0]);
  store.seed(errorLogs(2, "a"));
  await findWork({ ...deps, embedder: { warmUp } }, stop.signals);
  assert.equal(warmedUp, 1);
});
