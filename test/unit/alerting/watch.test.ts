import assert from "node:assert/strict";
import { test } from "node:test";
import { createWatch } from "../../../src/alerting/watch.ts";
import type { Dependency } from "../../../src/status/ready-answer.ts";
import { Fault } from "../../../src/domain/faults.ts";
import { openHistory } from "../../../src/status/overview/history.ts";
import type { Events } from "../../../src/ports/events.ts";
import { createManualClock } from "../../support/fakes/manual-clock.ts";
import { countedFacts } from "../../support/issue-facts.ts";
import { createMemoryState } from "../../support/fakes/memory-state.ts";

const MINUTE = 60_000;
const never = new AbortController().signal;
const ROW = {
  records: 9,
  vectorized: 2,
  other_model: 0,
  quarantined: 0,
  without_text: 0,
  coverage: 0.2,
};

const READY: Dependency = {
  name: "kafka",
  ready: true,
  latency_ms: 1,
  last_success: null,
  error: null,
};

async function setUp() {
  const clock = createManualClock();
  const history = await openHistory({ role: "daemon", state: createMemoryState(), clock });
  const world = {
    pending: 7,
    unfit: [{ index: "old", reason: "floats" }],
    away: false,
    spent: 1,
    meanwhile: () => {},
    before: () => Promise.resolve(),
    kafka: READY,
  };
  const did = { counts: 0, rings: 0 };
  const watch = createWatch({
    clock,
    history,
    standing: () => Promise.resolve({ ready: world.kafka.ready, dependencies: [world.kafka] }),
    records: {},
    cycles: {
      next: () => undefined,
      longestGapMs: () => 600_000,
      batchSize: 100,
      async status() {
        did.counts++;
        await world.before();
        world.meanwhile();
        if (world.away) throw new Fault("outage", "OpenSearch: away");
        return {
          ...countedFacts({ unfit: world.unfit }),
          total: { ...ROW, pending: world.pending },
          kafka: null,
        };
      },
    },
    spent: () =>
      Promise.resolve({ day: "2026-01-02", tokens: 1, cost_usd: world.spent, limit_usd: 5 }),
    role: undefined,
    anomalies: () => [
      {
        series: "embed",
        since: new Date(clock.now()).toISOString(),
        sentence: "slow",
        value: 2,
        usual: [0, 1],
      },
    ],
    ring: () => did.rings++,
  });
  const listeners = [history.listener, ...watch.listeners];
  const tell = <Name extends keyof Events>(name: Name, what: Parameters<Events[Name]>[0]) => {
    for (const listener of listeners) {
      const hear: unknown = listener[name];
      if (typeof hear === "function") hear(what);
    }
  };
  const look = async () => {
    const { conditions, sure, over } = await watch.look(never);
    return { families: conditions.map(({ id }) => id), sure, conditions, over };
  };
  return { clock, world, did, history, tell, look };
}

test("every index is asked every five minutes, and at once where one has changed", async () => {
  const { clock, did, world, history, tell, look } = await setUp();
  assert.deepEqual((await look()).families, ["unfit", "anomaly"]);
  assert.equal(history.backlog().at(-1)?.pending, 7);
  clock.jump(4 * MINUTE);
  world.unfit = [];
  assert.deepEqual([(await look()).families, did.counts], [["unfit", "anomaly"], 1]);
  tell("indexFitAgain", { index: "old" });
  assert.deepEqual([(await look()).families, did.counts, did.rings], [["anomaly"], 2, 1]);
  clock.jump(5 * MINUTE);
  await look();
  assert.equal(did.counts, 3);
});

test("a count that a cycle overtook is not taken for what waits now", async () => {
  const { world, history, look } = await setUp();
  world.meanwhile = () => history.counted(0);
  await look();
  assert.equal(history.backlog().at(-1)?.pending, 0);
});

test("where indices cannot be asked nothing of them is said, and none is taken for corrected", async () => {
  const { clock, world, look } = await setUp();
  await look();
  world.away = true;
  clock.jump(6 * MINUTE);
  const { families, sure } = await look();
  assert.deepEqual([families, sure.has("unfit")], [["uncounted", "anomaly"], false]);
  world.away = false;
  const later = await look();
  assert.deepEqual([later.families, later.sure.has("uncounted")], [["unfit", "anomaly"], true]);
});

test("money, troubles and dead letters come up as they are, and are looked at at once", async () => {
  const { world, did, tell, look } = await setUp();
  world.unfit = [];
  world.spent = 4.2;
  tell("indexPaused", { index: "full", fault: new Fault("index", "flood stage"), waitMs: 1 });
  const from = { stream: "logs", lane: "0", position: "1" };
  for (let i = 0; i < 100; i++) {
    tell("deadLetterSent", { code: "not_json", reason: "x", from, topic: "dlq" });
  }
  assert.equal(did.rings, 2, "one of a hundred dead letters is enough to look");
  const { conditions } = await look();
  assert.deepEqual(conditions.map(({ title }) => title).toSorted(), [
    "80 % of the day's budget is spent",
    "Embedding is slower than usual",
    "Index full takes no updates",
    "Messages become dead letters",
  ]);
});

test("a tail that notices an outage's end later than others is no news, unless it stays so", async () => {
  const { clock, world, tell, look } = await setUp();
  world.unfit = [];
  const since = new Date(clock.now()).toISOString();
  const error = { kind: "outage", message: "Kafka at k:1: connection refused", hint: "", since };
  world.kafka = { ...READY, ready: false, error };
  tell("sourceLost", { role: "tail", fault: new Fault("outage", error.message), waitMs: 1000 });
  assert.deepEqual((await look()).families, ["kafka", "anomaly"]);
  world.kafka = READY;
  clock.jump(MINUTE);
  const { families, sure } = await look();
  assert.deepEqual([families, sure.has("kafka"), sure.has("source")], [["anomaly"], true, false]);
  clock.jump(MINUTE);
  assert.deepEqual((await look()).families, ["source", "anomaly"]);
});

test("a condition has ended at the time of its event, however late it is read", async () => {
  const { clock, tell, look } = await setUp();
  const fault = new Fault("index", "flood stage");
  tell("indexPaused", { index: "full", fault, waitMs: 1 });
  tell("sourceLost", { role: "tail", fault, waitMs: 1 });
  await look();
  clock.jump(MINUTE);
  const endedAt = clock.now();
  tell("indexResumed", { index: "full" });
  tell("sourceBack", { role: "tail" });
  clock.jump(MINUTE);
  const { over } = await look();
  assert.deepEqual([over?.get("index full")?.at, over?.get("source tail")?.at], [endedAt, endedAt]);
});

test("a count that takes long holds up no look, and is known to the next one", async () => {
  const { clock, world, did, look } = await setUp();
  const counting = Promise.withResolvers<void>();
  world.before = () => counting.promise;
  const looking = look();
  await clock.advance(1000);
  assert.deepEqual((await looking).families, ["anomaly"]);
  counting.resolve();
  await clock.advance(1000);
  assert.deepEqual([did.rings, (await look()).families], [1, ["unfit", "anomaly"]]);
  assert.equal(did.counts, 1);
});

test("while OpenSearch is away nobody counts", async () => {
  const { world, did, look } = await setUp();
  const error = { kind: "outage", message: "refused", hint: "", since: "2026-01-02T03:04:05.000Z" };
  world.kafka = { ...READY, name: "opensearch", ready: false, error };
  await look();
  assert.equal(did.counts, 0);
});
