import assert from "node:assert/strict";
import { test } from "node:test";
import { Fault } from "../../../../src/domain/faults.ts";
import { createPausedIndices } from "../../../../src/pipeline/collections/paused-indices.ts";
import {
  createUnfitWatch,
  prepareIndices,
} from "../../../../src/pipeline/collections/prepare-indices.ts";
import { createFakeLogStore } from "../../../support/fakes/fake-log-store.ts";
import { createManualClock } from "../../../support/fakes/manual-clock.ts";
import { createMemoryState } from "../../../support/fakes/memory-state.ts";
import { recordEvents } from "../../../support/fakes/recorded-events.ts";

function setUp() {
  const store = createFakeLogStore();
  const { events, told } = recordEvents();
  const clock = createManualClock();
  const paused = createPausedIndices({ store, state: createMemoryState(), clock, events });
  const deps = { store, events, watch: createUnfitWatch(events), paused };
  const prepare = (...indices: string[]) =>
    prepareIndices(deps, indices, new AbortController().signal);
  return { store, told, prepare, paused, clock };
}

test("an index is told of once it has its mapping, and not again", async () => {
  const { store, told, prepare } = setUp();
  store.define("new", { mapped: false });
  store.define("old", { mapped: true });
  for (let i = 0; i < 2; i++) assert.deepEqual((await prepare("old", "new")).refused, new Set());
  assert.deepEqual(told.mappingAdded, [{ index: "new" }]);
  assert.deepEqual(told.indexUnfit, []);
});

test("an index that takes no mapping is not to be written to, and told of once", async () => {
  const { store, told, prepare } = setUp();
  store.define("full", { mapped: false, refusesMapping: "limit of total fields" });
  store.define("new", { mapped: false });
  for (let i = 0; i < 2; i++)
    assert.deepEqual((await prepare("full", "new")).refused, new Set(["full"]));
  assert.deepEqual(told.mappingAdded, [{ index: "new" }]);
  assert.deepEqual(told.indexUnfit, [{ index: "full", reason: "limit of total fields" }]);
});

test("a store that is away is not taken for a refused mapping", async () => {
  const { store, told, prepare } = setUp();
  store.define("new", { mapped: false });
  store.before("prepare", () => {
    throw new Fault("outage", "fake: gone");
  });
  await assert.rejects(prepare("new"), { name: "Fault", kind: "outage" });
  assert.deepEqual([told.mappingAdded, told.indexUnfit], [[], []]);
});

test("an index that takes no updates is not to be written to, nor given a mapping", async () => {
  const { store, prepare, paused } = setUp();
  store.define("blocked", { mapped: false });
  paused.ended("blocked", new Fault("index", "fake: write block"));
  const found = await prepare("blocked");
  assert.deepEqual(found, { refused: new Set(), paused: new Set(["blocked"]) });
  assert.equal((await store.survey(new AbortController().signal)).fit[0]?.mapped, false);
});
