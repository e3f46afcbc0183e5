import assert from "node:assert/strict";
import { test } from "node:test";
import { createCycleWatch } from "../../../../src/status/issues/cycle-watch.ts";
import { createDeadLetterWatch } from "../../../../src/status/issues/dead-letter-burst.ts";
import { Fault } from "../../../../src/domain/faults.ts";
import { noOutcomes, type Outcomes } from "../../../../src/domain/outcome.ts";
import { createManualClock } from "../../../support/fakes/manual-clock.ts";

const MINUTE = 60_000;
const EVERY = 10 * MINUTE;
const TOTALS = { runs: 1, vectors: 1, errors: 0, average_rate: 1 };

/** A schedule of every ten minutes, looked at each minute. */
function setUp() {
  const clock = createManualClock();
  const watch = createCycleWatch(clock);
  const look = () => watch.look(new Date((Math.floor(clock.now() / EVERY) + 1) * EVERY));
  look();
  return {
    watch,
    look,
    pass(minutes: number) {
      for (let i = 0; i < minutes; i++) {
        clock.jump(MINUTE);
        look();
      }
    },
    ended(outcomes: Partial<Outcomes>) {
      const all = { ...noOutcomes(), ...outcomes };
      const taken = Object.values(all).reduce((sum, one) => sum + one, 0);
      const embedding = { requests: 0, texts: 0, tokens: 0, cost_usd: 0 };
      const found = {
        found: taken,
        backlog: 0,
        other_model: 0,
        skipped: 0,
        looping: 0,
        false_marks: 0,
        gaps: [],
      };
      const counts = { cycle: 1, ...found, taken, duration_ms: 1 };
      const indices = { fit: 1, unfit: 0 };
      const summary = { ...counts, outcomes: all, embedding, indices };
      watch.listener.cycleEnded?.({ cycle: 1, drain: false, summary, faults: {}, totals: TOTALS });
    },
  };
}

test("each start that passes without a success counts, and a success begins again", () => {
  const { look, pass, ended, watch } = setUp();
  pass(30);
  assert.equal(look().missed, 3);
  ended({ deferred: 5 });
  watch.listener.cycleFailed?.({ cycle: 2, error: new Fault("outage", "away") });
  assert.deepEqual([look().missed, look().ended, look().lastSuccess], [3, true, undefined]);
  ended({ updated: 1, deferred: 4 });
  assert.equal(look().missed, 0);
  pass(10);
  assert.equal(look().missed, 1);
});

test("a cycle that found nothing to do is a success", () => {
  const { look, pass, ended } = setUp();
  pass(30);
  ended({});
  assert.equal(look().missed, 0);
});

test("a drain of many hours that gets on is none without a success", () => {
  const { look, pass, watch } = setUp();
  pass(25);
  const progress = { total: 9, recordsPerSecond: 1, secondsLeft: 1, costUsd: null };
  watch.listener.drainProgress?.({ done: 0, ...progress });
  assert.equal(look().missed, 2);
  watch.listener.drainProgress?.({ done: 3, ...progress });
  assert.equal(look().missed, 0);
});

test("a schedule that never comes misses nothing", () => {
  const watch = createCycleWatch(createManualClock());
  for (let i = 0; i < 9; i++) assert.equal(watch.look(undefined).missed, 0);
});

test("dead letters are one thing until an hour has passed without any", () => {
  const clock = createManualClock();
  const watch = createDeadLetterWatch(clock);
  const from = { stream: "logs", lane: "0", position: "1" };
  const letter = (code: string) =>
    watch.listener.deadLetterSent?.({ code, reason: "the log's text", from, topic: "dlq" });
  assert.deepEqual([watch.burst(), watch.isSure()], [undefined, false]);
  letter("not_json");
  const since = clock.now();
  clock.jump(59 * MINUTE);
  letter("not_json");
  letter("no_id");
  assert.deepEqual(
    watch.burst()?.byCode,
    new Map([
      ["not_json", 2],
      ["no_id", 1],
    ]),
  );
  assert.equal(watch.burst()?.since, since);
  clock.jump(60 * MINUTE);
  assert.deepEqual([watch.burst(), watch.isSure()], [undefined, true]);
});
