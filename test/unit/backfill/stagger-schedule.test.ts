import assert from "node:assert/strict";
import { test, type TestContext } from "node:test";
import { systemClock } from "../../../src/adapters/process/system-clock.ts";
import { cronSchedule, intervalSchedule, staggerSchedule } from "../../../src/backfill/schedule.ts";
import { noOutcomes } from "../../../src/domain/outcome.ts";
import { createManualClock } from "../../support/fakes/manual-clock.ts";
import { recordEvents } from "../../support/fakes/recorded-events.ts";

const MINUTE = 60_000;
const START = Date.parse("2026-01-02T03:00:00Z");

function setUp(t: TestContext, minutes = 8) {
  const clock = createManualClock(START);
  const { events, told } = recordEvents();
  const schedule = staggerSchedule({ schedule: intervalSchedule(minutes, clock), clock, events });
  t.after(() => schedule.stop());
  const woken: number[] = [];
  schedule.start(() => woken.push((clock.now() - START) / MINUTE));
  const ended = (conflicted: number, updated: number) => {
    const outcomes = { ...noOutcomes(), conflicted, updated };
    schedule.ended({ taken: conflicted + updated, outcomes });
  };
  return { clock, schedule, woken, told, ended };
}

test("a schedule without an overlap is not shifted", async (t) => {
  const { clock, woken, told, ended } = setUp(t);
  ended(0, 0);
  ended(0, 100);
  ended(50, 50);
  await clock.advance(16 * MINUTE);
  assert.deepEqual(woken, [8, 16]);
  assert.deepEqual(told.overlapDetected, []);
});

test("a process that lost most of a batch to another starts half an interval later from then on", async (t) => {
  const { clock, woken, told, ended } = setUp(t);
  ended(51, 49);
  assert.deepEqual(told.overlapDetected, [{ conflicted: 51 }]);
  await clock.advance(30 * MINUTE);
  assert.deepEqual(woken, [12, 20, 28]);
});

test("a process that meets yet another shifts its start to a quarter, then to three quarters", async (t) => {
  const { clock, woken, ended } = setUp(t);
  ended(2, 0);
  ended(2, 0);
  await clock.advance(15 * MINUTE);
  ended(2, 0);
  await clock.advance(9 * MINUTE);
  assert.deepEqual(woken, [10, 22]);
});

test("the next start that is shown is the shifted one", async (t) => {
  const { clock, schedule, ended } = setUp(t);
  ended(2, 0);
  await clock.advance(9 * MINUTE);
  assert.deepEqual(schedule.next(), new Date(START + 12 * MINUTE));
  await clock.advance(4 * MINUTE);
  assert.deepEqual(schedule.next(), new Date(START + 20 * MINUTE));
});

test("nobody is kept waiting for more than five minutes for who comes once a day", async (t) => {
  const { clock, woken, ended } = setUp(t, 24 * 60);
  ended(2, 0);
  await clock.advance(25 * 60 * MINUTE);
  assert.deepEqual(woken, [24 * 60 + 5]);
});

test("a process that is stopped while it waits for its shifted start begins no cycle", async (t) => {
  const { clock, schedule, woken, ended } = setUp(t);
  ended(2, 0);
  await clock.advance(9 * MINUTE);
  schedule.stop();
  assert.equal(clock.sleepers, 0);
  await clock.advance(30 * MINUTE);
  assert.deepEqual(woken, []);
});

test("at the start of a cron line the next one is the one after it", async (t) => {
  t.mock.timers.enable({ apis: ["setTimeout", "Date"], now: START + 1000 });
  const schedule = cronSchedule("*/10 * * * *", systemClock);
  t.after(() => schedule.stop());
  const next: (string | undefined)[] = [];
  schedule.start(() => next.push(schedule.next()?.toISOString()));
  t.mock.timers.tick(600_000);
  await Promise.resolve();
  assert.deepEqual(next, ["2026-01-02T03:20:00.000Z"]);
});
