import assert from "node:assert/strict";
import { test } from "node:test";
import { Fault } from "../../../src/domain/faults.ts";
import { createReconnect } from "../../../src/stream/reconnect.ts";
import { createManualClock } from "../../support/fakes/manual-clock.ts";

const OUTAGE = new Fault("outage", "fake: gone");
const never = new AbortController().signal;

function setUp() {
  const clock = createManualClock();
  const told: string[] = [];
  const reconnect = createReconnect(clock, {
    lost: ({ fault, waitMs }) => told.push(`lost ${fault.message} ${waitMs}`),
    back: () => told.push("back"),
  });
  return { clock, told, reconnect };
}

test("it waits 1, 2, 4 … 30 s, told once; and once when the connection is back", async () => {
  const { clock, told, reconnect } = setUp();
  for (let times = 0; times < 8; times++) {
    const waiting = reconnect.failed(OUTAGE, never);
    await clock.advance(30_000);
    await waiting;
  }
  assert.deepEqual(clock.slept, [1000, 2000, 4000, 8000, 16_000, 30_000, 30_000, 30_000]);
  assert.deepEqual(told, ["lost fake: gone 1000"]);
  reconnect.worked();
  reconnect.worked();
  assert.deepEqual(told, ["lost fake: gone 1000", "back"]);
});

test("once it is back, the next loss is told again and waits a second again", async () => {
  const { clock, told, reconnect } = setUp();
  for (let times = 0; times < 2; times++) {
    void reconnect.failed(OUTAGE, never);
    await clock.advance(1000);
    reconnect.worked();
  }
  assert.deepEqual(told, ["lost fake: gone 1000", "back", "lost fake: gone 1000", "back"]);
});

test("a stop ends the wait at once", async () => {
  const { clock, reconnect } = setUp();
  const stop = new AbortController();
  const waiting = reconnect.failed(OUTAGE, stop.signal);
  stop.abort();
  await waiting;
  assert.equal(clock.sleepers, 0);
});
