import assert from "node:assert/strict";
import { test } from "node:test";
import { Fault } from "../../../src/domain/faults.ts";
import { createRetryGate, MAX_RECONNECT_WAIT_MS } from "../../../src/stream/retry-gate.ts";
import { createManualClock, settled } from "../../support/fakes/manual-clock.ts";

const OUTAGE = new Fault("outage", "fake: down");
const never = new AbortController().signal;

function setUp() {
  const clock = createManualClock();
  const told: string[] = [];
  const gate = createRetryGate(clock, {
    closed: ({ fault, waitMs }) => told.push(`closed ${fault.message} ${waitMs}`),
    opened: () => told.push("opened"),
  });
  const passed: string[] = [];
  const pass = (name: string, signal = never) =>
    gate.waitForTurn(signal).then((through) => passed.push(`${name} ${through}`));
  return { clock, gate, told, pass, passed };
}

test("open, it lets everybody through, also after a stop", async () => {
  const { gate, told } = setUp();
  assert.equal(await gate.waitForTurn(never), true);
  assert.equal(await gate.waitForTurn(AbortSignal.abort()), true);
  gate.succeeded();
  gate.inconclusive();
  assert.deepEqual(told, []);
});

test("the first failure is told, the waits double up to a minute, and the success is told once", async () => {
  const { clock, gate, told } = setUp();
  gate.failed(OUTAGE);
  const waits: number[] = [];
  for (let tries = 0; tries < 9; tries++) {
    const since = clock.now();
    const turn = gate.waitForTurn(never);
    await clock.advance(60_000);
    assert.equal(await turn, true);
    waits.push(clock.slept.at(-1) ?? 0);
    assert.ok(since <= clock.now());
    if (tries < 8) gate.failed(OUTAGE);
  }
  assert.deepEqual(waits, [1000, 2000, 4000, 8000, 16_000, 32_000, 60_000, 60_000, 60_000]);
  gate.succeeded();
  gate.succeeded();
  assert.deepEqual(told, ["closed fake: down 1000", "opened"]);
});

test("the longest wait may be another one", async () => {
  const clock = createManualClock();
  const events = { closed: () => undefined, opened: () => undefined };
  const gate = createRetryGate(clock, events, MAX_RECONNECT_WAIT_MS);
  for (let tries = 0; tries < 7; tries++) {
    gate.failed(OUTAGE);
    const turn = gate.waitForTurn(never);
    await clock.advance(60_000);
    await turn;
  }
  assert.deepEqual(clock.slept, [1000, 2000, 4000, 8000, 16_000, 30_000, 30_000]);
});

test("it waits as long as the other side asked", async () => {
  const { clock, gate, told, pass, passed } = setUp();
  gate.failed(new Fault("rate", "fake: slow down", { retryAfterMs: 30_000 }));
  void pass("a");
  await clock.advance(29_999);
  assert.deepEqual(passed, []);
  await clock.advance(1);
  assert.deepEqual(passed, ["a true"]);
  assert.deepEqual(told, ["closed fake: slow down 30000"]);
});

test("a clock that is set back makes no wait longer", async () => {
  const { clock, gate, pass, passed } = setUp();
  gate.failed(OUTAGE);
  clock.set(-3_600_000);
  void pass("a");
  await clock.advance(1000);
  assert.deepEqual(passed, ["a true"]);
});

test("one tries at a time; the others go when it has succeeded", async () => {
  const { clock, gate, pass, passed } = setUp();
  gate.failed(OUTAGE);
  for (const name of ["a", "b", "c"]) void pass(name);
  await clock.advance(10_000);
  assert.deepEqual(passed, ["a true"]);
  gate.failed(OUTAGE);
  await clock.advance(2000);
  assert.deepEqual(passed, ["a true", "b true"]);
  gate.succeeded();
  await settled();
  assert.deepEqual(passed, ["a true", "b true", "c true"]);
});

test("several that were let through together and fail count once", async () => {
  const { clock, gate, told, pass, passed } = setUp();
  for (let i = 0; i < 4; i++) gate.failed(OUTAGE);
  void pass("a");
  await clock.advance(1000);
  assert.deepEqual(passed, ["a true"]);
  assert.deepEqual(told, ["closed fake: down 1000"]);
});

test("a success of one that was let through before the failure does not open it", async () => {
  const { clock, gate, told, pass, passed } = setUp();
  gate.failed(OUTAGE);
  gate.succeeded();
  void pass("a");
  await settled();
  assert.deepEqual(passed, []);
  assert.deepEqual(told, ["closed fake: down 1000"]);
  await clock.advance(1000);
});

test("a try that came to nothing leaves it to the next, at once", async () => {
  const { clock, gate, told, pass, passed } = setUp();
  gate.failed(OUTAGE);
  void pass("a");
  void pass("b");
  await clock.advance(1000);
  gate.inconclusive();
  await settled();
  assert.deepEqual(passed, ["a true", "b true"]);
  assert.deepEqual(told, ["closed fake: down 1000"]);
});

test("a stop ends the waiting, for a turn and for the opening", async () => {
  const { clock, gate, pass, passed } = setUp();
  gate.failed(OUTAGE);
  const stop = new AbortController();
  void pass("a", stop.signal);
  const opens = gate.waitUntilOpen(stop.signal);
  await settled();
  stop.abort();
  await opens;
  await settled();
  assert.deepEqual(passed, ["a false"]);
  assert.equal(clock.sleepers, 0);
});

test("`opens` waits for a success, not for a try", async () => {
  const { clock, gate, pass } = setUp();
  await gate.waitUntilOpen(never);
  gate.failed(OUTAGE);
  let open = false;
  const opens = gate.waitUntilOpen(never).then(() => (open = true));
  void pass("a");
  await clock.advance(5000);
  gate.failed(OUTAGE);
  await settled();
  assert.equal(open, false);
  void pass("b");
  await clock.advance(5000);
  gate.succeeded();
  await opens;
});

test("it opens once every record that closed it has ended, whatever became of them", async () => {
  const { clock, gate, told, pass, passed } = setUp();
  const [one, two, three, other] = [{}, {}, {}, {}];
  gate.failed(OUTAGE, [one]);
  gate.failed(OUTAGE, [two]);
  void pass("a");
  await clock.advance(1000);
  gate.failed(OUTAGE, [three]);
  void pass("b");
  for (const record of [one, other, two]) gate.forget(record);
  await settled();
  assert.deepEqual([passed, told], [["a true"], ["closed fake: down 1000"]]);
  gate.forget(three);
  await settled();
  assert.deepEqual([passed, told.slice(1)], [["a true", "b true"], ["opened"]]);
  gate.forget(three);
  gate.failed(OUTAGE, [other]);
  assert.deepEqual(told.slice(2), ["closed fake: down 1000"]);
});

test("a gate that no record closed opens by a success alone", () => {
  const { gate, told } = setUp();
  gate.failed(OUTAGE);
  gate.forget({});
  assert.deepEqual(told, ["closed fake: down 1000"]);
});
