import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { test, type TestContext } from "node:test";
import { promisify } from "node:util";
import { systemClock } from "../../../src/adapters/process/system-clock.ts";
import { cronSchedule, intervalSchedule } from "../../../src/backfill/schedule.ts";
import type { Clock } from "../../../src/ports/clock.ts";
import { createManualClock } from "../../support/fakes/manual-clock.ts";

const START = Date.parse("2026-01-02T03:04:05Z");
const MINUTE = 60_000;
const CLOCK = import.meta.resolve("../../../src/adapters/process/system-clock.ts");

function setUpInterval(t: TestContext, minutes = 10) {
  const clock = createManualClock(START);
  const schedule = intervalSchedule(minutes, clock);
  t.after(() => schedule.stop());
  const woken: number[] = [];
  const start = () => schedule.start(() => woken.push((clock.now() - START) / MINUTE));
  return { clock, schedule, woken, start };
}

test("an interval wakes every so many minutes, counted from its start", async (t) => {
  const { clock, schedule, woken, start } = setUpInterval(t);
  assert.equal(schedule.description, "every 10 minutes");
  assert.equal(setUpInterval(t, 1).schedule.description, "every minute");
  assert.equal(schedule.next(), undefined);
  start();
  assert.deepEqual(schedule.next(), new Date(START + 10 * MINUTE));
  await clock.advance(10 * MINUTE - 1);
  assert.deepEqual(woken, []);
  await clock.advance(1);
  assert.deepEqual(schedule.next(), new Date(START + 20 * MINUTE));
  await clock.advance(20 * MINUTE);
  assert.deepEqual(woken, [10, 20, 30]);
});

test("the longest gap of a schedule is known, from Friday evening to Monday morning too", () => {
  const clock = createManualClock(START);
  assert.equal(intervalSchedule(10, clock).longestGapMs(), 10 * MINUTE);
  const gapOf = (line: string) => cronSchedule(line, clock).longestGapMs() / MINUTE;
  assert.equal(gapOf("*/10 * * * *"), 10);
  assert.equal(gapOf("*/2 * * * * *"), 2 / 60);
  assert.equal(gapOf("*/10 8-18 * * 1-5"), 61 * 60 + 10);
});

test("an interval that is stopped wakes no more and leaves nothing asleep", async (t) => {
  const { clock, schedule, woken, start } = setUpInterval(t);
  start();
  await clock.advance(10 * MINUTE);
  schedule.stop();
  assert.equal(clock.sleepers, 0);
  await clock.advance(60 * MINUTE);
  assert.deepEqual(woken, [10]);
});

test("after a long sleep of the machine an interval goes on, without catching up", async (t) => {
  const { clock, woken, start } = setUpInterval(t);
  start();
  await clock.advance(9 * MINUTE);
  clock.jump(51 * MINUTE);
  await clock.advance(25 * MINUTE);
  assert.deepEqual(woken, [60, 70, 80]);
});

test("a wake-up that is a little late does not move those after it", async (t) => {
  const { clock, schedule, start } = setUpInterval(t);
  start();
  clock.jump(12 * MINUTE);
  await clock.advance(0);
  assert.deepEqual(schedule.next(), new Date(START + 20 * MINUTE));
});

for (const [how, hours] of [
  ["back", -1],
  ["forward", 1],
] as const) {
  test(`the clock is set ${how} an hour: an interval wakes as often as before, and catches nothing up`, async (t) => {
    const { clock, schedule, woken, start } = setUpInterval(t);
    start();
    await clock.advance(14 * MINUTE);
    clock.set(hours * 60 * MINUTE);
    await clock.advance(6 * MINUTE);
    assert.deepEqual(schedule.next(), new Date(clock.now() + 10 * MINUTE));
    await clock.advance(20 * MINUTE);
    assert.deepEqual(woken, [10, ...[20, 30, 40].map((minutes) => minutes + hours * 60)]);
  });
}

function setUpCron(t: TestContext, line: string, now: string) {
  t.mock.timers.enable({ apis: ["setTimeout", "Date"], now: Date.parse(now) });
  const schedule = cronSchedule(line, systemClock);
  t.after(() => schedule.stop());
  const woken: string[] = [];
  const start = () => schedule.start(() => woken.push(new Date().toISOString().slice(11, 19)));
  return { schedule, woken, start };
}

/** Lets time pass second by second, and promises with it. */
async function pass(t: TestContext, seconds: number): Promise<void> {
  for (let i = 0; i < seconds; i++) {
    t.mock.timers.tick(1000);
    await Promise.resolve();
    await Promise.resolve();
  }
}

test("a cron line wakes at its times", async (t) => {
  const { schedule, woken, start } = setUpCron(t, "*/10 * * * *", "2026-01-02T03:04:05Z");
  assert.equal(schedule.description, "cron */10 * * * * (UTC)");
  assert.equal(schedule.next(), undefined);
  start();
  assert.deepEqual(schedule.next(), new Date("2026-01-02T03:10:00Z"));
  await pass(t, 17 * 60);
  assert.deepEqual(woken, ["03:10:00", "03:20:00"]);
  assert.deepEqual(schedule.next(), new Date("2026-01-02T03:30:00Z"));
});

test("a cron line may have seconds", async (t) => {
  const { woken, start } = setUpCron(t, "*/20 * * * * *", "2026-01-02T03:04:05Z");
  start();
  await pass(t, 40);
  assert.deepEqual(woken, ["03:04:20", "03:04:40"]);
});

test("a cron line means UTC wherever the machine stands", async () => {
  const module = import.meta.resolve("../../../src/backfill/schedule.ts");
  const script = `
    import { systemClock } from ${JSON.stringify(CLOCK)};
    import { cronSchedule } from ${JSON.stringify(module)};
    const schedule = cronSchedule("30 2 * * *", systemClock);
    schedule.start(() => {});
    console.log(schedule.next().toISOString());
    schedule.stop();`;
  const args = ["--input-type=module", "--eval", script];
  const env = { ...process.env, TZ: "Asia/Kolkata" };
  const { stdout } = await promisify(execFile)(process.execPath, args, { env });
  assert.match(stdout, /T02:30:00\.000Z\n$/);
});

for (const [how, hours, woken] of [
  ["back", -1, ["03:10:00", "02:20:00", "02:30:00", "02:40:00"]],
  // The start that the clock was set past is made up for, once.
  ["forward", 1, ["03:10:00", "04:15:00", "04:20:00", "04:30:00", "04:40:00"]],
] as const) {
  test(`the clock is set ${how} an hour: a cron line wakes at its times by the new one`, async (t) => {
    const clock = createManualClock(Date.parse("2026-01-02T03:04:00Z"));
    t.mock.timers.enable({ apis: ["Date"], now: clock.now() });
    const sleep: Clock["sleep"] = async (ms, signal) => {
      await clock.sleep(ms, signal);
      t.mock.timers.setTime(clock.now());
    };
    const schedule = cronSchedule("*/10 * * * *", { now: clock.now, sleep });
    t.after(() => schedule.stop());
    const times: string[] = [];
    schedule.start(() => times.push(new Date().toISOString().slice(11, 19)));
    await clock.advance(10.5 * MINUTE);
    clock.set(hours * 60 * MINUTE);
    await clock.advance(30 * MINUTE);
    assert.deepEqual(times, woken);
  });
}

for (const [change, day] of [
  ["to summer time", "2026-03-29"],
  ["to winter time", "2026-10-25"],
] as const) {
  test(`a cron line wakes once at its time on the day of the change ${change}`, async () => {
    const module = import.meta.resolve("../../../src/backfill/schedule.ts");
    const script = `
      import { mock } from "node:test";
      import { systemClock } from ${JSON.stringify(CLOCK)};
    import { cronSchedule } from ${JSON.stringify(module)};
      mock.timers.enable({ apis: ["setTimeout", "Date"], now: Date.parse("${day}T00:00:30Z") });
      const woken = [];
      const schedule = cronSchedule("30 0,1,2,3 * * *", systemClock);
      schedule.start(() => woken.push(new Date().toISOString()));
      for (let second = 0; second < 4 * 3600; second += 10) {
        mock.timers.tick(10_000);
        await Promise.resolve();
        await Promise.resolve();
      }
      console.log(JSON.stringify(woken), new Date().getTimezoneOffset());
      schedule.stop();`;
    const args = ["--input-type=module", "--eval", script];
    const env = { ...process.env, TZ: "Europe/Berlin" };
    const { stdout } = await promisify(execFile)(process.execPath, args, { env });
    const times = ["00:30", "01:30", "02:30", "03:30"].map((time) => `${day}T${time}:00.000Z`);
    assert.equal(stdout, `${JSON.stringify(times)} ${day === "2026-03-29" ? -120 : -60}\n`);
  });
}

test("a cron schedule that is stopped wakes no more", async (t) => {
  const { schedule, woken, start } = setUpCron(t, "* * * * *", "2026-01-02T03:04:05Z");
  start();
  await pass(t, 60);
  schedule.stop();
  await pass(t, 300);
  assert.deepEqual(woken, ["03:05:00"]);
});

test("a cron schedule leaves no timer behind, started or not", () => {
  const timers = () => process.getActiveResourcesInfo().filter((kind) => kind === "Timeout").length;
  const before = timers();
  cronSchedule("* * * * *", systemClock).stop();
  const schedule = cronSchedule("* * * * *", systemClock);
  schedule.start(() => undefined);
  assert.equal(timers(), before + 1);
  schedule.stop();
  assert.equal(timers(), before);
});
