import assert from "node:assert/strict";
import { test } from "node:test";
import { createLeases, runPublish } from "../../../src/backfill/publish.ts";
import { Fault } from "../../../src/domain/faults.ts";
import { decodeReference } from "../../../src/domain/reference.ts";
import { createPausedIndices } from "../../../src/pipeline/collections/paused-indices.ts";
import { createUnfitWatch } from "../../../src/pipeline/collections/prepare-indices.ts";
import { createTextlessWatch } from "../../../src/pipeline/collections/textless-watch.ts";
import { createMarksAudit } from "../../../src/pipeline/quarantine/audit-marks.ts";
import { createLocalQuarantine } from "../../../src/pipeline/quarantine/local-quarantine.ts";
import { createFakeKafka } from "../../support/fakes/fake-kafka.ts";
import { createFakeLogStore, type SeedDocument } from "../../support/fakes/fake-log-store.ts";
import { errorLog, errorLogs } from "../../support/log-documents.ts";
import { createManualClock } from "../../support/fakes/manual-clock.ts";
import { createMemoryState } from "../../support/fakes/memory-state.ts";
import { recordEvents } from "../../support/fakes/recorded-events.ts";
import { signer } from "../../support/fakes/signer.ts";
import { createManualStop } from "../../support/fakes/stop-signals.ts";

const TOPIC = "work";
const GROUP = "workers";
const LEASE_MS = 15 * 60_000;
const { signal: never } = new AbortController();

/** The publishing scheduler, and a worker that finishes as many references as it is told to. */
function setUp(documents: readonly SeedDocument[]) {
  const clock = createManualClock();
  const kafka = createFakeKafka(clock);
  const { broker, publisher, topics } = kafka;
  broker.createTopic(TOPIC);
  const store = createFakeLogStore(documents, { now: clock.now });
  const { events, told } = recordEvents();
  const stop = createManualStop();
  const state = { leads: true };
  const deps = {
    store,
    queue: kafka.workQueue({ topic: TOPIC, group: GROUP }),
    clock,
    events,
    leads: () => state.leads,
    watch: createUnfitWatch(events),
    paused: createPausedIndices({ store, state: createMemoryState(), clock, events }),
    localQuarantine: createLocalQuarantine({ state: createMemoryState(), clock, events }),
    toText: (message: string) => message,
    signer,
    marksAudit: createMarksAudit({ store, state: createMemoryState(), signer, clock }),
    writeLoops: { counted: () => undefined },
    textless: createTextlessWatch(store, events),
    leases: createLeases(clock),
    settings: { levels: ["ERROR"] },
  };
  return {
    clock,
    broker,
    publisher,
    topics,
    store,
    told,
    stop,
    state,
    run: () => runPublish(deps, 1, stop.signals),
    out: () => broker.messages(TOPIC),
    async finish(offset: number) {
      const what = { topics: [TOPIC], group: GROUP, from: "earliest" } as const;
      const member = await kafka.join(what, never);
      await member.next(never);
      await member.commit([{ topic: TOPIC, partition: 0, offset, leaderEpoch: -1 }], never);
      await member[Symbol.asyncDispose]();
    },
  };
}

test("each pending record goes out as a reference: where it is, and nothing of its text", async () => {
  const { run, out, told } = setUp([{ ...errorLog(1, "it failed"), shardKey: "r" }]);
  const { summary } = await run();
  const [message] = out();
  assert.deepEqual(decodeReference(message?.value ?? Buffer.alloc(0)), {
    index: "app_logs",
    id: "log-1",
    shardKey: "r",
  });
  assert.equal(String(message?.key), "app_logs/log-1");
  assert.deepEqual(told.referencesPublished, [{ published: 1, leads: true, topic: TOPIC }]);
  assert.partialDeepStrictEqual(summary, { found: 1, backlog: 1, taken: 0 });
});

test("all indices have their turn, and each is given its mapping first", async () => {
  const { run, out, store, told } = setUp([...errorLogs(3, "a"), ...errorLogs(700, "b")]);
  store.define("a", { mapped: false });
  await run();
  assert.equal(out().length, 703);
  assert.deepEqual(told.mappingAdded, [{ index: "a" }]);
});

test("nothing pending is nothing to tell", async () => {
  const { run, out, told } = setUp([]);
  await run();
  assert.equal(out().length, 0);
  assert.deepEqual(told.referencesPublished, []);
});

test("a reference goes out again only after its lease of 15 minutes", async () => {
  const { run, out, store, clock } = setUp(errorLogs(2));
  await run();
  store.seed([errorLog(9, "new")]);
  clock.jump(LEASE_MS - 1);
  await run();
  assert.equal(out().length, 3);
  clock.jump(2);
  await run();
  assert.equal(out().length, 5);
});

test("never more than 10,000 are out; it waits, and goes on as the workers catch up", async () => {
  const { run, out, clock, finish } = setUp(errorLogs(10_300));
  const running = run();
  await clock.advance(10_000);
  assert.equal(out().length, 10_000);
  await finish(200);
  await clock.advance(2000);
  assert.equal(out().length, 10_200);
  await finish(5000);
  await clock.advance(2000);
  await running;
  assert.equal(out().length, 10_300);
  assert.equal(clock.sleepers, 0);
});

test("references that other runs published count as well", async () => {
  const { run, out, broker, clock, stop } = setUp(errorLogs(100));
  broker.produce(
    TOPIC,
    Array.from({ length: 9950 }, () => ({ value: "x" })),
  );
  const running = run();
  await clock.advance(1000);
  assert.equal(out().length, 10_000);
  stop.request();
  await running;
});

test("workers that do not catch up in four minutes end the run, which is no failure", async () => {
  const { run, out, broker, clock, told } = setUp(errorLogs(100));
  broker.produce(
    TOPIC,
    Array.from({ length: 10_000 }, () => ({ value: "x" })),
  );
  let ended = false;
  const running = run().finally(() => (ended = true));
  await clock.advance(4 * 60_000 - 2001);
  assert.equal(ended, false);
  await clock.advance(2002);
  await running;
  assert.equal(out().length, 10_000);
  assert.deepEqual(told.referencesPublished, [{ published: 0, leads: true, topic: TOPIC }]);
});

test("an index whose scan runs out while the workers catch up keeps no other from its turn", async () => {
  const { run, out, store, clock } = setUp([
    ...errorLogs(600, "logs-2"),
    ...errorLogs(5, "logs-1"),
  ]);
  const openScan = store.openScan;
  store.openScan = async (index, signal) => {
    const scan = await openScan(index, signal);
    let pages = 0;
    return {
      ...scan,
      next(limit, pageSignal) {
        if (index === "logs-2" && ++pages === 2) clock.jump(5 * 60_000 + 1);
        return scan.next(limit, pageSignal);
      },
    };
  };
  await run();
  assert.equal(out().length, 505);
  store.openScan = openScan;
  await run();
  assert.equal(out().length, 605);
});

for (const method of ["openScan", "next"] as const) {
  test(`an index that cannot be read (${method}) is told of, and keeps no other from its turn`, async () => {
    const { run, out, store, told } = setUp([...errorLogs(3, "logs-2"), ...errorLogs(5, "logs-1")]);
    const refused = new Fault("credentials", "fake: no permission for point in time");
    const openScan = store.openScan;
    store.openScan = async (index, signal) => {
      if (index === "logs-1") return openScan(index, signal);
      if (method === "openScan") throw refused;
      const scan = await openScan(index, signal);
      return { ...scan, next: () => Promise.reject(refused) };
    };
    const { fault, reason } = await run();
    assert.equal(out().length, 5);
    assert.deepEqual(told.indexUnfit, [{ index: "logs-2", reason: refused.message }]);
    assert.deepEqual([fault, reason], [refused, refused.message]);
  });
}

test("a store that goes away between two indices ends the run with that fault", async () => {
  const { run, store, told } = setUp([...errorLogs(3, "logs-2"), ...errorLogs(5, "logs-1")]);
  const fault = new Fault("outage", "fake: gone");
  store.before("openScan", (call) => {
    if (call === 2) throw fault;
  });
  await assert.rejects(run(), fault);
  assert.deepEqual(told.indexUnfit, []);
});

test("a refusal by the broker is no fault of an index", async () => {
  const { run, broker, told } = setUp([...errorLogs(3, "logs-2"), ...errorLogs(5, "logs-1")]);
  const fault = new Fault("credentials", "fake: not allowed to write to the topic");
  broker.failPublish(TOPIC, fault);
  await assert.rejects(run(), fault);
  assert.deepEqual(told.indexUnfit, []);
});

test("a process that does not lead publishes nothing, and says so", async () => {
  const { run, out, state, told, store } = setUp(errorLogs(5));
  state.leads = false;
  await run();
  assert.equal(out().length, 0);
  assert.equal(store.calls.openScan, 0);
  assert.deepEqual(told.referencesPublished, [{ published: 0, leads: false, topic: TOPIC }]);
});

test("a hand-over stops it between two pages, and while it waits", async () => {
  const { run, out, state, clock, publisher } = setUp(errorLogs(1200));
  const publish = publisher.publish;
  publisher.publish = async (messages, signal) => {
    await publish(messages, signal);
    state.leads = false;
  };
  await run();
  assert.equal(out().length, 500);
  publisher.publish = publish;
  state.leads = true;
  const waiting = setUp(errorLogs(10_100));
  const running = waiting.run();
  await waiting.clock.advance(10_000);
  waiting.state.leads = false;
  await waiting.clock.advance(2000);
  await running;
  assert.equal(waiting.out().length, 10_000);
  assert.equal(clock.sleepers + waiting.clock.sleepers, 0);
});

test("a stop ends the waiting at once", async () => {
  const { run, clock, stop } = setUp(errorLogs(10_100));
  const running = run();
  await clock.advance(10_000);
  assert.equal(clock.sleepers, 1);
  stop.request();
  await running;
  assert.equal(clock.sleepers, 0);
});

test("a reference that could not be published has no lease: the next run publishes it", async () => {
  const { run, out, broker } = setUp(errorLogs(5));
  const fault = new Fault("outage", "fake: no broker");
  broker.failPublish(TOPIC, fault);
  await assert.rejects(run(), fault);
  broker.failPublish(TOPIC, undefined);
  await run();
  assert.equal(out().length, 5);
});

test("a broker that does not tell the lag, or a store that is away, ends the run with that fault", async () => {
  const { run, broker, store, out } = setUp(errorLogs(5));
  const fault = new Fault("outage", "fake: gone");
  broker.down(fault);
  await assert.rejects(run(), fault);
  broker.up();
  store.before("survey", () => {
    throw fault;
  });
  await assert.rejects(run(), fault);
  assert.equal(out().length, 0);
});

test("a run that finds its records takes the time that it takes", async () => {
  const { run, store, clock, told } = setUp(errorLogs(5));
  store.before("coverage", () => clock.jump(250));
  const { summary } = await run();
  assert.equal(told.recordsFound[0]?.durationMs, 250);
  assert.equal(summary.duration_ms, 250);
});
