import assert from "node:assert/strict";
import { test } from "node:test";
import { createCallRecords } from "../../../src/status/call-records.ts";
import { watchEmbedder } from "../../../src/status/embedder-watch.ts";
import { createProbes, createReadiness } from "../../../src/status/readiness.ts";
import { Fault } from "../../../src/domain/faults.ts";
import type { Embedder } from "../../../src/ports/embedder.ts";
import { createFakeEmbedder, failWith } from "../../support/fakes/fake-embedder.ts";
import { createFakeLogStore } from "../../support/fakes/fake-log-store.ts";
import { createManualClock } from "../../support/fakes/manual-clock.ts";
import { recordEvents } from "../../support/fakes/recorded-events.ts";

const { signal } = new AbortController();
const MINUTE = 60_000;

function setUp(probe?: Embedder["probe"]) {
  const clock = createManualClock();
  const fake = createFakeEmbedder();
  const { embedder, history } = watchEmbedder(fake, clock, recordEvents().events);
  let refusing: { kind: "quota"; message: string; hint: string; since: string } | undefined;
  let lost = false;
  const reach = () =>
    lost ? Promise.reject(new Fault("outage", "Kafka: away")) : Promise.resolve();
  const ready = createReadiness({
    probes: createProbes({
      store: createFakeLogStore(),
      embedder: probe ? { probe } : {},
      kafka: { probe: reach },
      records: createCallRecords(clock),
      clock,
    }),
    history,
    breaker: () => Promise.resolve(refusing),
    clock,
  });
  return {
    clock,
    fake,
    loseKafka: () => (lost = true),
    refuse: () =>
      (refusing = {
        kind: "quota",
        message: "no money",
        hint: "Add some.",
        since: "2026-01-01T00:00:00.000Z",
      }),
    embed: (given: AbortSignal = signal) =>
      embedder.embed([{ text: "a", logId: "a" }], given).catch(() => undefined),
    async of(name: string) {
      const all = await ready(signal);
      const one = all.dependencies.find((dependency) => dependency.name === name);
      assert.ok(one);
      return { ...one, all: all.ready };
    },
  };
}

test("an embedder that nobody has asked yet is ready", async () => {
  const { of } = setUp();
  assert.partialDeepStrictEqual(await of("embedder"), {
    ready: true,
    last_success: null,
    all: true,
  });
});

test("its last answer counts, with how long it took", async () => {
  const { of, embed, fake, clock } = setUp();
  fake.plan(async ({ answer }) => {
    clock.jump(250);
    return answer();
  });
  await embed();
  assert.partialDeepStrictEqual(await of("embedder"), {
    ready: true,
    latency_ms: 250,
    last_success: "2026-01-02T03:04:05.250Z",
  });
});

test("an outage counts since it began, until an answer or for a quarter of an hour", async () => {
  const { of, embed, fake, clock } = setUp();
  fake.always(failWith(new Fault("outage", "fake: 502")));
  await embed();
  clock.jump(MINUTE);
  await embed();
  const down = await of("embedder");
  assert.deepEqual([down.ready, down.all], [false, false]);
  assert.partialDeepStrictEqual(down.error, {
    message: "fake: 502",
    since: "2026-01-02T03:04:05.000Z",
  });
  clock.jump(16 * MINUTE);
  assert.equal((await of("embedder")).ready, true, "nobody knows any longer");
  await embed();
  assert.equal((await of("embedder")).ready, false);
  fake.always(({ answer }) => answer());
  await embed();
  assert.equal((await of("embedder")).ready, true);
});

for (const fault of [new Fault("rate", "slow down"), new Fault("record", "poison")]) {
  test(`a fault of kind ${fault.kind} makes no embedder unready`, async () => {
    const { of, embed, fake } = setUp();
    fake.always(failWith(fault));
    await embed();
    assert.equal((await of("embedder")).ready, true);
  });
}

test("an answer that nobody waited for says nothing", async () => {
  const { of, embed } = setUp();
  await embed(AbortSignal.abort());
  assert.equal((await of("embedder")).ready, true);
});

test("one that refuses every request is not ready, and says what to do", async () => {
  const { of, refuse } = setUp();
  refuse();
  assert.partialDeepStrictEqual(await of("embedder"), {
    ready: false,
    error: { kind: "quota", message: "no money", hint: "Add some." },
  });
});

test("one that cannot be reached is not ready, though its last answer was fine", async () => {
  let away = false;
  const { of, embed } = setUp(async () => {
    if (away) throw new Fault("outage", "fake: connection refused");
  });
  await embed();
  assert.equal((await of("embedder")).ready, true);
  away = true;
  assert.partialDeepStrictEqual(await of("embedder"), {
    ready: false,
    error: { message: "fake: connection refused" },
  });
});

test("one that could not be connected to is ready as soon as it can be reached again", async () => {
  const away = new Fault("outage", "fake: connection refused", { connectionFailed: true });
  let isAway = true;
  const { of, embed, fake, clock } = setUp(async () => {
    if (isAway) throw away;
  });
  fake.always(failWith(away));
  await embed();
  assert.equal((await of("embedder")).ready, false);
  isAway = false;
  clock.jump(10_000);
  assert.partialDeepStrictEqual(await of("embedder"), { ready: true, error: null });
});

test("one that can be reached and answers no request is not ready, nor one that nobody can ask", async () => {
  const reachable = setUp(() => Promise.resolve());
  reachable.fake.always(failWith(new Fault("outage", "fake: 503")));
  await reachable.embed();
  assert.equal((await reachable.of("embedder")).ready, false);
  const silent = setUp();
  silent.fake.always(failWith(new Fault("outage", "fake: gone", { connectionFailed: true })));
  await silent.embed();
  assert.equal((await silent.of("embedder")).ready, false);
});

test("Kafka is one of them where it is set up", async () => {
  const { of, loseKafka } = setUp();
  assert.equal((await of("kafka")).ready, true);
  loseKafka();
  assert.partialDeepStrictEqual(await of("kafka"), { ready: false, all: false });
});
