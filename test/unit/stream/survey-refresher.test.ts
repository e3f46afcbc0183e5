import assert from "node:assert/strict";
import { test } from "node:test";
import { Fault } from "../../../src/domain/faults.ts";
import { createPausedIndices } from "../../../src/pipeline/collections/paused-indices.ts";
import { createUnfitWatch } from "../../../src/pipeline/collections/prepare-indices.ts";
import { createSurveyRefresher } from "../../../src/stream/survey-refresher.ts";
import { createFakeLogStore } from "../../support/fakes/fake-log-store.ts";
import { createManualClock, settled } from "../../support/fakes/manual-clock.ts";
import { createMemoryState } from "../../support/fakes/memory-state.ts";
import { recordEvents } from "../../support/fakes/recorded-events.ts";

const never = new AbortController().signal;
const OUTAGE = new Fault("outage", "fake: down");

function setUp() {
  const clock = createManualClock();
  const store = createFakeLogStore([], { now: clock.now });
  const { events, told } = recordEvents();
  const paused = createPausedIndices({ store, state: createMemoryState(), clock, events });
  const trials = { surveyed: () => undefined };
  const indices = createSurveyRefresher({
    store,
    clock,
    watch: createUnfitWatch(events),
    paused,
    trials,
  });
  return { clock, store, told, indices, paused, surveys: () => store.calls.survey };
}

test("the first survey is waited for, by all who come meanwhile, and asked for once", async () => {
  const { store, indices, surveys, told } = setUp();
  store.define("odd", { unfit: "closed" });
  const answer = Promise.withResolvers<void>();
  store.before("survey", () => answer.promise);
  let ready = 0;
  const waiting = [1, 2].map(() => indices.ensureSurveyed(never).then(() => ready++));
  await settled();
  assert.equal(ready, 0);
  answer.resolve();
  await Promise.all(waiting);
  assert.equal(surveys(), 1);
  assert.deepEqual(told.indexUnfit, [{ index: "odd", reason: "closed" }]);
});

test("a first survey that fails says so, and is asked for again", async () => {
  const { store, indices, surveys } = setUp();
  store.before("survey", (call) => {
    if (call === 1) throw OUTAGE;
  });
  await assert.rejects(indices.ensureSurveyed(never), OUTAGE);
  await indices.ensureSurveyed(never);
  assert.equal(surveys(), 2);
});

test("a survey serves for a minute, then is renewed beside the work", async () => {
  const { clock, store, indices, surveys } = setUp();
  await indices.ensureSurveyed(never);
  clock.jump(59_999);
  await indices.ensureSurveyed(never);
  assert.equal(surveys(), 1);
  clock.jump(1);
  store.before("survey", () => new Promise(() => undefined));
  await indices.ensureSurveyed(never);
  await indices.ensureSurveyed(never);
  assert.equal(surveys(), 2);
});

test("a renewal that fails ends nothing: what is known serves on", async () => {
  const { clock, store, indices, surveys } = setUp();
  await indices.ensureSurveyed(never);
  clock.jump(60_000);
  store.before("survey", () => {
    throw OUTAGE;
  });
  await indices.ensureSurveyed(never);
  await settled();
  store.before("survey", undefined);
  await indices.ensureSurveyed(never);
  await settled();
  assert.equal(surveys(), 3);
});

test("a renewal that fails in a way nobody foresaw shows in the next batch, not as the end of the process", async () => {
  const { clock, store, indices } = setUp();
  const bug = new TypeError("x is not a function");
  await indices.ensureSurveyed(never);
  clock.jump(60_000);
  store.before("survey", () => {
    throw bug;
  });
  await indices.ensureSurveyed(never);
  await settled();
  await assert.rejects(indices.ensureSurveyed(never), bug);
  store.before("survey", undefined);
  await indices.ensureSurveyed(never);
});

for (const [what, waitMs] of [
  ["named", 5000],
  ["some", 20_000],
] as const) {
  test(`an index that is not known (${what}) is looked for at once, but not more often than every ${waitMs / 1000} s`, async () => {
    const { clock, indices, surveys } = setUp();
    await indices.ensureSurveyed(never);
    indices.markOutdated(what);
    clock.jump(waitMs - 1);
    await indices.ensureSurveyed(never);
    assert.equal(surveys(), 1);
    clock.jump(1);
    await indices.ensureSurveyed(never);
    assert.equal(surveys(), 2);
    clock.jump(waitMs);
    await indices.ensureSurveyed(never);
    assert.equal(surveys(), 2, "once asked, the minute counts again");
  });
}

test("of two reasons the more urgent counts", async () => {
  const { clock, indices, surveys } = setUp();
  await indices.ensureSurveyed(never);
  indices.markOutdated("named");
  indices.markOutdated("some");
  clock.jump(5000);
  await indices.ensureSurveyed(never);
  assert.equal(surveys(), 2);
});

test("more that is known since the look serves at once; else it is asked for, but not again within five seconds", async () => {
  const { clock, store, indices, surveys } = setUp();
  const known = await indices.ensureSurveyed(never);
  assert.equal(known, 1);
  assert.equal(await indices.renew(0, never), true);
  assert.equal(surveys(), 1);
  assert.equal(await indices.renew(known, never), true);
  assert.equal(surveys(), 2);
  assert.equal(await indices.renew(2, never), false);
  clock.jump(5000);
  store.before("survey", () => {
    throw OUTAGE;
  });
  await assert.rejects(indices.renew(2, never), OUTAGE);
  assert.equal(surveys(), 3);
});

test("an index that is paused and then deleted is not paused any more", async () => {
  const { clock, store, indices, paused, told } = setUp();
  for (const index of ["a", "b"]) {
    store.define(index, {});
    paused.ended(index, new Fault("index", "flood"));
  }
  await indices.ensureSurveyed(never);
  assert.deepEqual(told.indexPauseDropped, []);
  store.drop("a");
  clock.jump(60_000);
  await indices.ensureSurveyed(never);
  await settled();
  assert.deepEqual(told.indexPauseDropped, [{ index: "a" }]);
});
