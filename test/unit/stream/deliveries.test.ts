import assert from "node:assert/strict";
import { test } from "node:test";
import { Fault } from "../../../src/domain/faults.ts";
import type { Delivery } from "../../../src/ports/log-source.ts";
import { createDeliveries } from "../../../src/stream/deliveries.ts";
import { createFakeKafka } from "../../support/fakes/fake-kafka.ts";
import { createManualClock, settled } from "../../support/fakes/manual-clock.ts";

const SUBSCRIBING = { topics: ["logs"], group: "group", from: "earliest" } as const;
const never = new AbortController().signal;
const OUTAGE = new Fault("outage", "fake: gone");

function setUp() {
  const clock = createManualClock();
  const { broker, source } = createFakeKafka({ now: clock.now });
  const told: string[] = [];
  const deliveries = createDeliveries(
    { source, subscribing: SUBSCRIBING, clock },
    {
      lost: ({ fault, waitMs }) => told.push(`lost ${fault.message} ${waitMs}`),
      back: () => told.push("back"),
    },
  );
  /** What comes next, once it comes. */
  const next = (signal = never) => {
    const state: { delivery?: Delivery | undefined; done: boolean } = { done: false };
    void deliveries.next(signal).then((delivery) => Object.assign(state, { delivery, done: true }));
    return state;
  };
  return { clock, broker, source, told, deliveries, next };
}

test("it hands on what it holds and what comes, of one subscription", async () => {
  const { broker, deliveries, told } = setUp();
  broker.produce("logs", [{ value: "a" }]);
  assert.equal((await deliveries.next(never))?.kind, "assigned");
  assert.equal((await deliveries.next(never))?.kind, "messages");
  assert.equal(broker.members("group"), 1);
  await deliveries.close();
  assert.equal(broker.members("group"), 0);
  assert.deepEqual(told, []);
});

test("while the broker is away it tries after 1, 2, 4 … 30 s; told once, and once when something comes again", async () => {
  const { clock, broker, deliveries, next, told } = setUp();
  broker.createTopic("logs");
  await deliveries.next(never);
  const waiting = next();
  await settled();
  broker.down(OUTAGE);
  const waits: number[] = [];
  await clock.advance(150_000);
  waits.push(...clock.slept);
  assert.deepEqual(waits.slice(0, 8), [1000, 2000, 4000, 8000, 16_000, 30_000, 30_000, 30_000]);
  assert.deepEqual(told, ["lost fake: gone 1000"]);
  assert.equal(waiting.done, false);
  broker.up();
  await clock.advance(30_000);
  assert.equal(waiting.delivery?.kind, "assigned");
  assert.deepEqual(told, ["lost fake: gone 1000", "back"]);
  assert.equal(broker.members("group"), 1);
});

test("once it is back, the next loss is told again and waits a second again", async () => {
  const { clock, broker, deliveries, next, told } = setUp();
  broker.createTopic("logs");
  await deliveries.next(never);
  for (let times = 0; times < 2; times++) {
    const waiting = next();
    await settled();
    broker.breakStreams(OUTAGE);
    await clock.advance(1000);
    assert.equal(waiting.delivery?.kind, "assigned");
  }
  assert.deepEqual(told, ["lost fake: gone 1000", "back", "lost fake: gone 1000", "back"]);
});

test("it leaves the group before it joins anew", async () => {
  const { clock, broker, deliveries, next } = setUp();
  broker.createTopic("logs", 2);
  await deliveries.next(never);
  const waiting = next();
  await settled();
  broker.breakStreams();
  await settled();
  assert.equal(broker.members("group"), 0);
  await clock.advance(1000);
  assert.ok(waiting.delivery?.kind === "assigned");
  assert.equal(waiting.delivery.partitions.length, 2);
});

test("a commit without a subscription is none, and says so", async () => {
  const { clock, broker, deliveries, next } = setUp();
  const position = { topic: "logs", partition: 0, offset: 1 };
  broker.produce("logs", [{ value: "a" }]);
  assert.equal(await deliveries.commit([position], never), false);
  await deliveries.next(never);
  assert.equal(await deliveries.commit([position], never), true);
  assert.deepEqual(broker.committed("group"), { "logs/0": 1 });
  await deliveries.next(never);
  next();
  await settled();
  broker.down(OUTAGE);
  await settled();
  assert.equal(await deliveries.commit([position], never), false);
  broker.up();
  await clock.advance(60_000);
});

test("a commit that fails throws, and the subscription goes on", async () => {
  const { broker, deliveries } = setUp();
  broker.produce("logs", [{ value: "a" }]);
  await deliveries.next(never);
  broker.failCommit(OUTAGE);
  await assert.rejects(
    deliveries.commit([{ topic: "logs", partition: 0, offset: 1 }], never),
    OUTAGE,
  );
  assert.equal((await deliveries.next(never))?.kind, "messages");
});

test("a stop ends it at once, while it waits for messages and while it waits for the broker", async () => {
  const { clock, broker, deliveries, next, told } = setUp();
  broker.createTopic("logs");
  await deliveries.next(never);
  const first = new AbortController();
  const waiting = next(first.signal);
  await settled();
  first.abort();
  await settled();
  assert.deepEqual(waiting, { delivery: undefined, done: true });
  broker.down(OUTAGE);
  const second = new AbortController();
  const trying = next(second.signal);
  await clock.advance(5000);
  second.abort();
  await settled();
  assert.deepEqual(trying, { delivery: undefined, done: true });
  assert.equal(clock.sleepers, 0);
  assert.equal(told.length, 1);
});

test("what is no fault is not taken for one", async () => {
  const bug = new TypeError("x is not a function");
  const deliveries = createDeliveries(
    {
      source: { subscribe: () => Promise.reject(bug) },
      subscribing: SUBSCRIBING,
      clock: createManualClock(),
    },
    { lost: () => assert.fail("told as a loss"), back: () => undefined },
  );
  await assert.rejects(deliveries.next(never), bug);
});

test("positions of an older subscription are not committed by a new one", async () => {
  const { clock } = setUp();
  const commits: unknown[] = [];
  const balancing = createDeliveries(
    {
      source: {
        subscribe: async () => ({
          next: () => new Promise(() => undefined),
          commit: async (positions) => void commits.push(positions),
          [Symbol.asyncDispose]: () => Promise.resolve(),
        }),
      },
      subscribing: SUBSCRIBING,
      clock,
    },
    { lost: () => undefined, back: () => undefined },
  );
  void balancing.next(never);
  await settled();
  assert.equal(await balancing.commit([{ topic: "logs", partition: 0, offset: 7 }], never), false);
  assert.deepEqual(commits, []);
});
