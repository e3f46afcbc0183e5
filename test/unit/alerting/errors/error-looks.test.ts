import assert from "node:assert/strict";
import { test } from "node:test";
import { createErrorLooks } from "../../../../src/alerting/errors/error-looks.ts";
import { Fault } from "../../../../src/domain/faults.ts";
import { MemoryFault } from "../../../../src/domain/memory/memory-fault.ts";
import { createManualClock } from "../../../support/fakes/manual-clock.ts";
import { recordEvents } from "../../../support/fakes/recorded-events.ts";

const SECOND = 1000;
const CLOSED = { message: "index episodes is closed", hint: "Open it" };

/** Looks, each of which comes to the next of these outcomes; the last one stays. */
function setUp(...outcomes: (typeof CLOSED | Error | "absent" | undefined)[]) {
  const clock = createManualClock();
  const { events, told } = recordEvents();
  const stop = new AbortController();
  let looked = 0;
  const looks = createErrorLooks({
    async look() {
      const outcome = outcomes[Math.min(looked++, outcomes.length - 1)];
      if (outcome instanceof Error) throw outcome;
      if (outcome === "absent") return { memory: "absent", problems: [] };
      return { memory: "used", problems: outcome ? [outcome] : [] };
    },
    clock,
    events,
  });
  const running = looks.run(stop.signal);
  return {
    clock,
    told,
    ring: looks.ring,
    count: () => looked,
    async end() {
      stop.abort();
      await running;
    },
  };
}

test("it looks at once, each minute, and some seconds after records were written, however many were", async () => {
  const { clock, ring, count, end } = setUp(undefined);
  await clock.advance(59 * SECOND);
  assert.equal(count(), 1);
  await clock.advance(SECOND);
  assert.equal(count(), 2);
  for (let i = 0; i < 5; i++) {
    ring();
    await clock.advance(SECOND);
  }
  await clock.advance(20 * SECOND);
  assert.equal(count(), 3, "one for all that came within seconds");
  await end();
});

test("a memory that cannot be used is told once, and once that it can be again; an outage of the store is not", async () => {
  const { clock, told, end } = setUp(
    new Fault("index", CLOSED.message, { hint: CLOSED.hint }),
    CLOSED,
    new Fault("outage", "OpenSearch does not answer"),
    new MemoryFault("away", { index: "groups", message: "nobody answers", hint: "Wait." }),
    undefined,
    undefined,
  );
  await clock.advance(400 * SECOND);
  assert.deepEqual(told.memoryFailed, [{ problem: CLOSED.message, hint: CLOSED.hint }]);
  assert.equal(told.memoryBack.length, 1);
  await end();
});

test("where nobody made the memory it is asked for now and then, however many records are written", async () => {
  const { clock, ring, count, end } = setUp("absent", "absent", undefined);
  for (let minute = 0; minute < 9; minute++) {
    ring();
    await clock.advance(60 * SECOND);
  }
  assert.equal(count(), 2);
  await clock.advance(60 * SECOND);
  assert.equal(count(), 3);
  await end();
});

test("a mistake in a look is told, and the next look comes", async () => {
  const { clock, told, count, end } = setUp(new TypeError("x is undefined"), undefined);
  await clock.advance(61 * SECOND);
  assert.equal(told.failedInBackground[0]?.what, "memory");
  assert.equal(count(), 2);
  await end();
});
