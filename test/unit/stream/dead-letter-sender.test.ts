import assert from "node:assert/strict";
import { test } from "node:test";
import { Fault } from "../../../src/domain/faults.ts";
import type { OutgoingMessage } from "../../../src/ports/dead-letters.ts";
import { createDeadLetterSender } from "../../../src/stream/dead-letter-sender.ts";
import { createManualClock, settled } from "../../support/fakes/manual-clock.ts";
import { recordEvents } from "../../support/fakes/recorded-events.ts";
import { createManualStop } from "../../support/fakes/stop-signals.ts";

const OUTAGE = new Fault("outage", "fake: no broker");
const TOO_LARGE = new Fault("record", "fake: too large");

const letter = (text: string, key = "key"): OutgoingMessage => ({
  key: Buffer.from(key),
  value: Buffer.from(text),
  headers: [["dlq.error.code", Buffer.from("not_json")]],
});
const sizeOf = ({ key, value, headers }: OutgoingMessage) =>
  headers.reduce(
    (sum, [, header]) => sum + header.length,
    (key?.length ?? 0) + (value?.length ?? 0),
  );

/** A topic that takes nothing larger than 100 bytes. */
function setUp() {
  const clock = createManualClock();
  const { events, told } = recordEvents();
  const taken: OutgoingMessage[] = [];
  const state: { fault: unknown; calls: number } = { fault: undefined, calls: 0 };
  const deadLetters = {
    name: "dlq",
    async send(messages: readonly OutgoingMessage[]) {
      state.calls++;
      if (state.fault) throw state.fault;
      if (messages.some((message) => sizeOf(message) > 100)) throw TOO_LARGE;
      taken.push(...messages);
    },
  };
  const letters = createDeadLetterSender({ deadLetters, clock, events });
  return { clock, told, taken, state, letters, stop: createManualStop() };
}

test("all letters go in one request", async () => {
  const { letters, taken, state, stop } = setUp();
  assert.equal(await letters.send([letter("a"), letter("b")], stop.signals), true);
  assert.deepEqual(
    taken.map(({ value }) => String(value)),
    ["a", "b"],
  );
  assert.equal(state.calls, 1);
});

test("one that is too large for the topic goes without its value and does not keep the others", async () => {
  const { letters, taken, stop, told } = setUp();
  const sent = await letters.send(
    [letter("a"), letter("x".repeat(500)), letter("b")],
    stop.signals,
  );
  assert.equal(sent, true);
  assert.deepEqual(
    taken.map(({ value }) => value && String(value)),
    ["a", null, "b"],
  );
  assert.equal(String(taken[1]?.key), "key");
  assert.deepEqual(told.deadLettersBlocked, []);
});

test("one that is too large by its key and headers alone does not block the topic for good", async () => {
  const { letters, taken, stop, told } = setUp();
  const wide = {
    ...letter("a", "k".repeat(500)),
    headers: [["big", Buffer.alloc(500)], ...letter("a").headers] as const,
  };
  assert.equal(await letters.send([letter("a"), wide], stop.signals), true);
  assert.deepEqual(
    taken.map(({ key }) => key && String(key)),
    ["key", null],
  );
  assert.deepEqual(told.deadLettersBlocked, []);
  assert.ok(taken[1]?.headers.some(([name]) => name === "dlq.error.code"));
});

test("while the topic is down it is tried again and again, told once each way", async () => {
  const { clock, letters, taken, state, stop, told } = setUp();
  state.fault = OUTAGE;
  const sending = letters.send([letter("a")], stop.signals);
  let open = false;
  await clock.advance(1);
  const goesOn = letters.waitUntilUnblocked(stop.signals.requested).then(() => (open = true));
  await clock.advance(30_000);
  assert.equal(state.calls, 5);
  assert.equal(open, false);
  assert.deepEqual(told.deadLettersBlocked, [{ topic: "dlq", fault: OUTAGE, waitMs: 1000 }]);
  state.fault = undefined;
  await clock.advance(60_000);
  assert.equal(await sending, true);
  await goesOn;
  assert.equal(taken.length, 1);
  assert.deepEqual(told.deadLettersResumed, [{ topic: "dlq" }]);
});

test("a stop gives up what cannot be sent", async () => {
  const { clock, letters, state, stop } = setUp();
  state.fault = OUTAGE;
  const sending = letters.send([letter("a")], stop.signals);
  await settled();
  stop.request();
  assert.equal(await sending, false);
  assert.equal(clock.sleepers, 0);
});

test("at a stop what can be sent still is", async () => {
  const { letters, taken, stop } = setUp();
  stop.request();
  assert.equal(await letters.send([letter("a")], stop.signals), true);
  assert.equal(taken.length, 1);
});

test("a failure that nobody foresaw blocks as an outage does, and goes on by itself", async () => {
  const { clock, letters, taken, state, stop, told } = setUp();
  state.fault = new TypeError("x is not a function");
  const sending = letters.send([letter("a")], stop.signals);
  await clock.advance(5000);
  assert.match(told.deadLettersBlocked[0]?.fault.message ?? "", /unexpected.*x is not a function/);
  state.fault = undefined;
  await clock.advance(60_000);
  assert.equal(await sending, true);
  assert.equal(taken.length, 1);
});
