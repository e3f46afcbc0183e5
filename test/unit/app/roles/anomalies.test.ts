import assert from "node:assert/strict";
import { test } from "node:test";
import { watchAnomalies } from "../../../../src/app/roles/background.ts";
import { createFanOut } from "../../../../src/telemetry/fan-out.ts";
import { createManualClock } from "../../../support/fakes/manual-clock.ts";
import { createMemoryState } from "../../../support/fakes/memory-state.ts";
import { recordEvents } from "../../../support/fakes/recorded-events.ts";

const MINUTE = 60_000;
const DAY = 24 * 60 * MINUTE;

test("a slowdown is reported within the minute though no other event follows, and is saved at the end", async () => {
  const clock = createManualClock();
  const state = createMemoryState();
  const { events: first, told } = recordEvents();
  const { events, listen } = createFanOut(first);
  const service = { clock, state, events, listen };
  {
    await using anomalies = await watchAnomalies(service, "daemon");
    const write = async (durationMs: number) => {
      events.stageEnded({ stage: "write", durationMs });
      await clock.advance(10 * MINUTE);
    };
    for (const end = clock.now() + 2 * DAY; clock.now() < end;) await write(100);
    await write(5000);
    await write(5000);
    events.stageEnded({ stage: "write", durationMs: 5000 });
    assert.deepEqual(told.anomalyBegan, []);
    await clock.advance(MINUTE);
    assert.equal(told.anomalyBegan.length, 1);
    assert.deepEqual(
      anomalies.all().map(({ series }) => series),
      ["write"],
    );
  }
  assert.equal(clock.sleepers, 0);
  await using again = await watchAnomalies(service, "daemon");
  assert.equal(again.all().length, 1);
});

test("a start that fails ends at once", async () => {
  const clock = createManualClock();
  const { events: first } = recordEvents();
  const { events, listen } = createFanOut(first);
  const state = createMemoryState();
  const anomalies = await watchAnomalies({ clock, state, events, listen }, "tail");
  await anomalies[Symbol.asyncDispose]();
  assert.equal(clock.sleepers, 0);
});
