import assert from "node:assert/strict";
import { test } from "node:test";
import { openAnomalies } from "../../../../src/alerting/anomalies/anomalies.ts";
import { Fault } from "../../../../src/domain/faults.ts";
import { noOutcomes } from "../../../../src/domain/outcome.ts";
import type { CycleSummary } from "../../../../src/domain/summary.ts";
import { createManualClock } from "../../../support/fakes/manual-clock.ts";
import { createMemoryState } from "../../../support/fakes/memory-state.ts";
import { recordEvents } from "../../../support/fakes/recorded-events.ts";
import { createRandom } from "../../../support/random.ts";

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

const SUMMARY: CycleSummary = {
  cycle: 1,
  found: 100,
  backlog: 0,
  other_model: 0,
  skipped: 0,
  looping: 0,
  false_marks: 0,
  gaps: [],
  taken: 100,
  outcomes: { ...noOutcomes(), updated: 100 },
  embedding: { requests: 1, texts: 100, tokens: 1, cost_usd: null },
  duration_ms: 2000,
  indices: { fit: 1, unfit: 0 },
};
const TOTALS = { runs: 1, vectors: 1, errors: 0, average_rate: 1 };

type Work = { embedMs?: number; writeMs?: number; searchMs?: number; deferred?: number };

async function setUp({ state = createMemoryState(), clock = createManualClock() } = {}) {
  const { events, told } = recordEvents();
  const anomalies = await openAnomalies({ role: "tail", state, clock, events });
  const { listener } = anomalies;
  const random = createRandom(5);
  const noisy = (ms: number) => ms * (0.8 + random.below(400) / 1000);
  return {
    anomalies,
    listener,
    told,
    state,
    clock,
    /** Every five minutes a batch, for so long. */
    work(ms: number, how: Work = {}) {
      const { embedMs = 400, writeMs = 120, searchMs = 60, deferred = 0 } = how;
      for (const end = clock.now() + ms; clock.now() < end; clock.jump(5 * MINUTE)) {
        anomalies.look();
        listener.stageEnded?.({ stage: "select", durationMs: noisy(15) });
        for (let i = 0; i < 3; i++) {
          listener.callEnded?.({ target: "embedder", durationMs: noisy(embedMs) });
        }
        listener.callEnded?.({ target: "opensearch", durationMs: 9000 });
        listener.stageEnded?.({ stage: "embed", durationMs: 50_000 });
        listener.stageEnded?.({ stage: "write", durationMs: noisy(writeMs) });
        listener.stageEnded?.({ stage: "search", durationMs: noisy(searchMs) });
        const outcomes = { updated: 100 - deferred, deferred };
        listener.recordsEnded?.({ source: "tail", outcomes, faults: {} });
      }
      clock.jump(MINUTE);
      anomalies.look();
    },
  };
}

test("an embedder that grows slow is told in a sentence, once, and so is its end", async () => {
  const { anomalies, work, told } = await setUp();
  work(3 * DAY);
  assert.deepEqual(anomalies.all(), []);
  work(HOUR, { embedMs: 4200 });
  const [one] = anomalies.all();
  assert.equal(anomalies.all().length, 1);
  assert.ok(one);
  assert.equal(one.series, "embed");
  assert.match(
    one.sentence,
    /^embedding takes 4\.\d s a request, usually 3\d0 to 5\d0 ms at this hour, since 03:0\d UTC$/,
  );
  assert.ok(one.value > 3500 && one.value < 5000);
  assert.deepEqual(told.anomalyBegan.length, 1);
  work(HOUR);
  assert.deepEqual(anomalies.all(), []);
  assert.equal(told.anomalyBegan.length, 1);
  assert.deepEqual(
    told.anomalyEnded.map(({ series, how }) => [series, how]),
    [["embed", "back"]],
  );
});

test("writing, searching and failing have series of their own", async () => {
  const { anomalies, work, told } = await setUp();
  work(3 * DAY);
  work(HOUR, { writeMs: 900, searchMs: 2000, deferred: 40 });
  assert.deepEqual(
    anomalies.all().map(({ series }) => series),
    ["write", "search", "errors"],
  );
  assert.match(
    anomalies.all().at(-1)?.sentence ?? "",
    /^40 records fail per minute of work, usually 0 to [1-9] at this hour, since/,
  );
  assert.equal(told.anomalyBegan.length, 3);
});

test("a failure now and then is none, nor are answers that never came", async () => {
  const { work, told, listener, clock } = await setUp();
  work(3 * DAY);
  for (let i = 0; i < 20; i++) {
    work(5 * MINUTE, { deferred: 3 });
    work(HOUR);
  }
  const fault = new Fault("outage", "no answer");
  for (let i = 0; i < 20; i++) {
    listener.callEnded?.({ target: "embedder", durationMs: 60_000, fault });
    clock.jump(MINUTE);
  }
  assert.deepEqual(told.anomalyBegan, []);
});

test("a cycle that takes long is one; a drain, and a cycle without work, are not compared with it", async () => {
  const { anomalies, listener, clock } = await setUp();
  const cycle = (durationMs: number, more: { drain?: boolean; taken?: number } = {}) => {
    const summary = { ...SUMMARY, taken: more.taken ?? 100, duration_ms: durationMs };
    const { drain = false } = more;
    listener.cycleEnded?.({ cycle: 1, drain, summary, faults: {}, totals: TOTALS });
    clock.jump(10 * MINUTE);
    anomalies.look();
  };
  for (let i = 0; i < 3 * 24 * 6; i++) cycle(2000);
  for (let i = 0; i < 6; i++) cycle(3_600_000, { drain: true });
  for (let i = 0; i < 6; i++) cycle(1, { taken: 0 });
  assert.deepEqual(anomalies.all(), []);
  for (let i = 0; i < 6; i++) cycle(30_000);
  assert.match(
    anomalies.all()[0]?.sentence ?? "",
    /^a cycle takes 30\.0 s, usually 1\.\d to 2\.\d s/,
  );
});

test("a restart forgets neither what is usual nor what is not", async () => {
  const before = await setUp();
  const { state, clock } = before;
  before.work(3 * DAY);
  before.work(HOUR, { embedMs: 4200 });
  await before.anomalies.keep();
  const after = await setUp({ state, clock });
  assert.deepEqual(after.anomalies.all(), before.anomalies.all());
  after.work(HOUR, { embedMs: 4200 });
  assert.deepEqual(after.told.anomalyBegan, [], "it was told already");
  after.work(HOUR);
  assert.equal(after.told.anomalyEnded.length, 1);
});

test("an anomaly that began on another day names that day", async () => {
  const { anomalies, work, clock } = await setUp();
  work(3 * DAY);
  clock.set(20 * HOUR);
  work(4 * HOUR, { embedMs: 4200 });
  assert.match(anomalies.all()[0]?.sentence ?? "", /since 2026-01-05 23:\d\d UTC$/);
});

test("a spoiled document of the state directory costs its history, and nothing else", async () => {
  const state = createMemoryState();
  for (const kept of [[], "x", { series: { embed: { hours: 4 } } }, { series: [1] }]) {
    await state.save("anomalies-tail", kept);
    const { anomalies, work } = await setUp({ state });
    work(HOUR);
    assert.deepEqual(anomalies.all(), []);
  }
});
