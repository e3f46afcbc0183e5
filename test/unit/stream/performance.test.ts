import assert from "node:assert/strict";
import { test } from "node:test";
import { noEmbedding } from "../../../src/domain/summary.ts";
import { reportPerformance } from "../../../src/stream/performance.ts";
import { createTally } from "../../../src/stream/tally.ts";
import { createManualClock } from "../../support/fakes/manual-clock.ts";
import { recordEvents } from "../../support/fakes/recorded-events.ts";
import { createManualStop } from "../../support/fakes/stop-signals.ts";

function setUp(lag: number | null = 130) {
  const clock = createManualClock();
  const tally = createTally(0);
  const { events, told } = recordEvents();
  const stop = createManualStop();
  const deps = {
    role: "tail",
    tally,
    waiting: () => 4,
    lag: async () => lag,
    clock,
    events,
  } as const;
  const ended = reportPerformance(deps, stop.signals);
  return { clock, tally, told: told.performance, stop, ended };
}

test("every hundred vectors, with what happened since it was last told", async () => {
  const { clock, tally, told, stop, ended } = setUp();
  tally.ended("updated", 90);
  tally.ended("reused", 60);
  tally.ended("missing", 1000);
  tally.batchDone(noEmbedding(0));
  tally.deadLettersSent(3);
  tally.passedOver(5);
  await clock.advance(10_000);
  assert.deepEqual(told, [
    {
      role: "tail",
      vectorsPerSecond: 15,
      batches: 1,
      lag: 130,
      waiting: 4,
      deadLetters: 3,
      passedOver: 5,
    },
  ]);
  tally.ended("updated", 100);
  tally.batchDone(noEmbedding(0));
  tally.batchDone(noEmbedding(0));
  await clock.advance(20_000);
  assert.equal(told.length, 2);
  assert.partialDeepStrictEqual(told[1], { vectorsPerSecond: 10, batches: 2, deadLetters: 3 });
  stop.request();
  await ended;
  assert.equal(clock.sleepers, 0);
});

test("never more often than every ten seconds, however fast it goes", async () => {
  const { clock, tally, told, stop } = setUp();
  for (let second = 0; second < 60; second++) {
    tally.ended("updated", 500);
    await clock.advance(1000);
  }
  assert.equal(told.length, 6);
  stop.request();
});

test("each minute where nothing happens", async () => {
  const { clock, told, stop } = setUp();
  await clock.advance(59_999);
  assert.equal(told.length, 0);
  await clock.advance(1);
  assert.deepEqual(
    told.map(({ vectorsPerSecond }) => vectorsPerSecond),
    [0],
  );
  await clock.advance(60_000);
  assert.equal(told.length, 2);
  stop.request();
});

test("fewer than a hundred vectors wait for the minute and are not forgotten", async () => {
  const { clock, tally, told, stop } = setUp();
  tally.ended("updated", 60);
  await clock.advance(30_000);
  assert.equal(told.length, 0);
  tally.ended("updated", 60);
  await clock.advance(10_000);
  assert.deepEqual(
    told.map(({ vectorsPerSecond }) => vectorsPerSecond),
    [3],
  );
  stop.request();
});

test("a lag that the broker does not tell is unknown, not zero", async () => {
  const { clock, told, stop } = setUp(null);
  await clock.advance(60_000);
  assert.equal(told[0]?.lag, null);
  stop.request();
});
