import assert from "node:assert/strict";
import { test } from "node:test";
import type { Status } from "../../../../src/status/status-shape.ts";
import { METRICS, PREFIX } from "../../../../src/telemetry/metrics/definitions.ts";
import {
  openMetrics,
  type Known,
  type MetricsDeps,
} from "../../../../src/telemetry/metrics/open-metrics.ts";
import { Fault } from "../../../../src/domain/faults.ts";
import { noOutcomes, type Outcomes } from "../../../../src/domain/outcome.ts";
import { noEmbedding } from "../../../../src/domain/summary.ts";
import { issuesOf } from "../../../../src/status/issues/issues.ts";
import type { ReportedFault } from "../../../../src/status/issues/reported-faults.ts";
import { goodFacts, reported } from "../../../support/issue-facts.ts";
import { createManualClock } from "../../../support/fakes/manual-clock.ts";
import { samplesIn } from "../../../support/asserts/metric-samples.ts";

const UNKNOWN: Known = { status: undefined, readiness: undefined };
const OUTAGE = new Fault("outage", "fake: connection refused");

function setUp(changes: Partial<MetricsDeps> = {}) {
  const clock = createManualClock();
  const metrics = openMetrics({
    memory: { now: () => ({ usedBytes: 181e6, limitBytes: 512e6 }) },
    version: "1.2.3",
    role: "daemon",
    clock,
    embedder: { model: "m", pricePerMillionTokens: 1 },
    cycles: { next: () => new Date(clock.now() + 60_000), longestGapMs: () => 600_000 },
    lastSuccessAt: undefined,
    consumer: undefined,
    asTemplates: false,
    readers: new Map([["tail-group", "tail"]]),
    deadLetterCodes: ["not_json"],
    refusing: async () => false,
    cycleShare: () => undefined,
    isDayReached: () => false,
    heldVectors: () => 0,
    issues: () => [],
    ...changes,
  });
  const { listener } = metrics;
  const shown = async (known: Partial<Known> = {}) => {
    const { body } = await metrics.text({ ...UNKNOWN, ...known });
    const samples = samplesIn(body);
    return (name: string) => samples.get(`${PREFIX}${name}`);
  };
  const seconds = () => clock.now() / 1000;
  const end = (outcomes: Partial<Outcomes>, fault?: Fault) =>
    listener.cycleEnded?.({
      cycle: 1,
      drain: false,
      faults: {},
      totals: { runs: 1, vectors: 0, errors: 0, average_rate: 0 },
      summary: {
        cycle: 1,
        found: 0,
        backlog: 0,
        other_model: 0,
        skipped: 0,
        looping: 0,
        false_marks: 0,
        gaps: [],
        taken: 0,
        outcomes: { ...noOutcomes(), ...outcomes },
        embedding: noEmbedding(0),
        duration_ms: 2000,
        indices: { fit: 1, unfit: 0 },
      },
      ...(fault ? { fault } : {}),
    });
  return { clock, metrics, listener, shown, seconds, end };
}

const LIMIT = new Fault("quota", "MAX_COST_USD_PER_DAY is reached", { selfImposed: true });

for (const [name, outcomes, fault, result] of [
  ["nothing to do is well done", {}, undefined, "ok"],
  ["a record's own fault is no failure of the cycle", { quarantined: 1 }, undefined, "ok"],
  ["some vectors before the outage are something", { updated: 1, deferred: 9 }, OUTAGE, "ok"],
  ["not one vector for an outage is a failure", { deferred: 9 }, OUTAGE, "failed"],
  ["a used-up budget is none", { deferred: 9 }, LIMIT, "ok"],
] as const) {
  test(`cycles: ${name}`, async () => {
    const { shown, end, seconds } = setUp();
    end(outcomes, fault);
    const value = await shown();
    assert.equal(value('cycles_total{result="ok"}'), Number(result === "ok"));
    assert.equal(value('cycles_total{result="failed"}'), Number(result === "failed"));
    const success = result === "ok" ? seconds() : undefined;
    assert.equal(value("last_success_timestamp_seconds"), success);
    assert.equal(value('stage_duration_seconds_count{stage="cycle"}'), 1);
    assert.equal(value('stage_duration_seconds_sum{stage="cycle"}'), 2);
  });
}

test("a cycle that could not even begin has failed, and leaves the last success where it was", async () => {
  const before = Date.parse("2026-01-01T00:00:00Z");
  const { shown, listener, seconds } = setUp({ lastSuccessAt: before });
  listener.cycleFailed?.({ cycle: 1, error: OUTAGE });
  listener.cycleSkipped?.();
  const value = await shown();
  assert.equal(value('cycles_total{result="failed"}'), 1);
  assert.equal(value('cycles_total{result="skipped"}'), 1);
  assert.equal(value("last_success_timestamp_seconds"), before / 1000);
  assert.equal(value("cycle_interval_seconds"), 600);
  assert.equal(value("next_run_timestamp_seconds"), seconds() + 60);
});

test("a running drain shows its progress, and each vector of it is a success", async () => {
  const { shown, listener, clock, seconds, end } = setUp();
  listener.cycleStarted?.({ cycle: 1, drain: true });
  const progress = { recordsPerSecond: 1, secondsLeft: 1, costUsd: 0 };
  listener.drainProgress?.({ done: 25, total: 100, ...progress });
  await clock.advance(3_600_000);
  listener.recordsEnded?.({ source: "backfill", outcomes: { updated: 5 }, faults: {} });
  const during = await shown();
  assert.equal(during("progress_ratio"), 0.25);
  assert.equal(during("last_success_timestamp_seconds"), seconds());
  listener.drainProgress?.({ done: 100, total: 100, partial: true, ...progress });
  assert.equal((await shown())("progress_ratio"), undefined, "as if nothing were left");
  end({ updated: 100 });
  assert.equal((await shown())("progress_ratio"), undefined, "the coverage is not known");
});

test("a metric that was never measured is absent, and a counter begins at 0", async () => {
  const value = await setUp().shown();
  for (const name of [
    'unfit_indices{intentional="false"}',
    "progress_ratio",
    'budget_used_ratio{budget="usd"}',
  ]) {
    assert.equal(value(name), undefined, name);
  }
  assert.equal(value('records_total{source="backfill",outcome="updated"}'), 0);
  assert.equal(value('request_errors_total{target="embedder",kind="quota"}'), 0);
  assert.equal(value('embedding_cost_usd_total{model="m"}'), 0);
  assert.equal(value("breaker_open"), 0);
});

test("an index that somebody closed is not counted among those that nobody wants skipped", async () => {
  const status = statusWith([]);
  status.unfit = [
    { index: "a", reason: "closed", intentional: true },
    { index: "b", reason: "hidden", intentional: true },
    { index: "c", reason: "flood stage" },
  ];
  const value = await setUp().shown({ status });
  assert.equal(value('unfit_indices{intentional="true"}'), 2);
  assert.equal(value('unfit_indices{intentional="false"}'), 1);
});

test("a state directory that cannot be written shows, and its end", async () => {
  let faults: ReportedFault[] = [];
  const { shown } = setUp({ issues: () => issuesOf(goodFacts({ reported: faults })) });
  for (const [id, name] of [
    ["state", "state_dir_writable"],
    ["log_file", "log_file_writable"],
  ] as const) {
    assert.equal((await shown())(name), 1);
    faults = [reported(id, "configuration")];
    assert.equal((await shown())(name), 0);
    faults = [];
    assert.equal((await shown())(name), 1);
  }
});

test("an unknown price leaves the cost unknown", async () => {
  const { shown, listener } = setUp({ embedder: { model: "m", pricePerMillionTokens: null } });
  listener.textsAnswered?.({ texts: ["a", "b"], tokens: 9, costUsd: null });
  const value = await shown();
  assert.equal(value('embedding_tokens_total{model="m"}'), 9);
  assert.equal(value('embedding_cost_usd_total{model="m"}'), undefined);
});

test("texts that templates would have saved are counted, unless they are templates already", async () => {
  const texts = [
    "Order 10001 timed out",
    "Order 10002 timed out",
    "Order refused",
    "Order 10001 timed out after 3 s",
  ];
  const told = { texts, tokens: 9, costUsd: 1 };
  const { shown, listener } = setUp();
  assert.equal((await shown())('embedding_texts_alike_total{model="m"}'), 0);
  listener.textsAnswered?.(told);
  assert.equal((await shown())('embedding_texts_alike_total{model="m"}'), 1);
  listener.textsAnswered?.({ ...told, texts: ["Order 10003 timed out"] });
  const value = await shown();
  assert.equal(value('embedding_texts_alike_total{model="m"}'), 2);
  assert.equal(value('embedding_texts_total{model="m"}'), 5);
  const templates = setUp({ asTemplates: true });
  templates.listener.textsAnswered?.(told);
  const absent = (await templates.shown())('embedding_texts_alike_total{model="m"}');
  assert.equal(absent, undefined);
});

test("numbers that make no sense break nothing, and count as nothing", async () => {
  const { shown, listener } = setUp();
  listener.stageEnded?.({ stage: "embed", durationMs: -5000 });
  listener.stageEnded?.({ stage: "embed", durationMs: Number.NaN });
  listener.textsAnswered?.({ texts: ["a"], tokens: Number.NaN, costUsd: -1 });
  const value = await shown();
  assert.equal(value('stage_duration_seconds_sum{stage="embed"}'), 0);
  assert.equal(value('embedding_tokens_total{model="m"}'), 0);
  assert.equal(value('embedding_cost_usd_total{model="m"}'), 0);
});

test("a series that was odd once is 0 once it is not", async () => {
  let anomalies = [{ series: "embed", since: "2026-01-02T03:04:05.000Z", sentence: "slow" }];
  const { shown } = setUp({ issues: () => issuesOf(goodFacts({ anomalies })) });
  assert.equal((await shown())('anomaly_active{series="embed"}'), 1);
  anomalies = [];
  assert.equal((await shown())('anomaly_active{series="embed"}'), 0);
});

test("an alert counts by its channel and what became of it", async () => {
  const { shown, listener } = setUp();
  listener.alertSent({ channel: "slack", result: "sent" });
  listener.alertSent({ channel: "slack", result: "sent" });
  listener.alertSent({ channel: "email", result: "failed" });
  const value = await shown();
  assert.equal(value('alerts_sent_total{channel="slack",result="sent"}'), 2);
  assert.equal(value('alerts_sent_total{channel="slack",result="failed"}'), 0);
  assert.equal(value('alerts_sent_total{channel="email",result="failed"}'), 1);
});

const tally = {
  taken: 0,
  outcomes: noOutcomes(),
  passed_over: 0,
  repeats: 0,
  dead_letters: 0,
  batches: 0,
  embedding: noEmbedding(0),
};
const row = { topic: "logs", committed: 0, group: "tail-group" };

function statusWith(lags: readonly number[]): Status {
  const partitions = lags.map((lag, partition) => ({ ...row, partition, lag, end: lag }));
  const total = {
    records: 10,
    vectorized: 5,
    other_model: 0,
    pending: 5,
    quarantined: 0,
    without_text: 0,
    coverage: 0.5,
  };
  return {
    indices: [],
    total,
    model: { model: "m", dimensions: 8, chosen_by: "settings" },
    other_models: null,
    unfit: [],
    textless: [],
    unsearchable: [],
    looping: [],
    held_vectors: 0,
    gaps: [],
    breaker: null,
    spent_today: { day: "2026-01-02", tokens: 1, cost_usd: 1.5, limit_usd: 2 },
    kafka: { lag: 0, partitions, errors: [] },
    daemon: null,
    tail: null,
    worker: null,
    sweep: null,
    processes: [],
    issues: [],
  };
}

test("a day's budget that refuses is used up, whatever little of it is left", async () => {
  let reached = false;
  const { shown } = setUp({ isDayReached: () => reached });
  const ratio = async (status?: Status) =>
    (await shown({ status }))('budget_used_ratio{budget="usd"}');
  assert.equal(await ratio(statusWith([0])), 0.75);
  reached = true;
  assert.equal(await ratio(statusWith([0])), 1);
  assert.equal(await ratio(undefined), 1, "OpenSearch is away");
});

test("the tail shows its lag by partition, who waits, and how many of it are wanted", async () => {
  const consumer = { role: "tail" as const, tally: () => tally, waiting: () => 3 };
  let faults = [reported("paused", "outage", { which: "tail" })];
  const issues = () => issuesOf(goodFacts({ reported: faults }));
  const { shown } = setUp({ consumer, issues, cycleShare: () => 0.25 });
  const status = statusWith([9000, 0, 0]);
  const value = await shown({ status });
  assert.equal(value('consumer_lag_records{component="tail",topic="logs",partition="0"}'), 9000);
  assert.equal(value('waiting_records{component="tail"}'), 3);
  assert.equal(value('consumer_paused{component="tail"}'), 1);
  assert.equal(value('dead_letters_total{code="not_json"}'), 0);
  assert.equal(value('desired_replicas{component="tail"}'), 1, "while it is paused");
  assert.equal(value('budget_used_ratio{budget="usd"}'), 0.75);
  assert.equal(value('budget_used_ratio{budget="tokens"}'), 0.25);
  faults = [];
  const later = await shown({ status: statusWith([9000, 0, 0]) });
  assert.equal(later('desired_replicas{component="tail"}'), 3);
  assert.equal(later('consumer_paused{component="tail"}'), 0);
  const away = await shown();
  assert.equal(
    away('consumer_lag_records{component="tail",topic="logs",partition="0"}'),
    undefined,
  );
  assert.equal(away('desired_replicas{component="tail"}'), 3, "as it was known last");
});

test("memory is shown as what is used and what may be used", async () => {
  const value = await setUp().shown();
  assert.deepEqual([value("memory_used_bytes"), value("memory_limit_bytes")], [181e6, 512e6]);
});

test("every name has its unit at the end, every counter _total, every label few values", () => {
  for (const [name, { type, help, labels }] of Object.entries(METRICS)) {
    assert.equal(name.endsWith("_total"), type === "counter", name);
    if (type === "histogram") assert.match(name, /_seconds$/);
    assert.match(help, /[.]$/, name);
    assert.equal(
      labels.some((label) => /^(id|index|message|text|url)$/.test(label)),
      false,
      name,
    );
  }
});

test("records of other models are counted by model, and never in more than eleven series", async () => {
  const { shown } = setUp();
  const models = Array.from({ length: 30 }, (_, i) => ({
    model: i === 1 ? null : `m${i}`,
    dimensions: 8,
    records: 100 - i,
  }));
  const status: Status = {
    ...statusWith([0]),
    other_models: {
      records: 5000,
      models,
      estimate: null,
      command: "log-vectorizer reembed",
    },
  };
  const value = await shown({ status });
  assert.equal(value('other_model_records{model="m0"}'), 100);
  assert.equal(value('other_model_records{model="unknown"}'), 99);
  assert.equal(value('other_model_records{model="m8"}'), 92);
  assert.equal(value('other_model_records{model="m9"}'), undefined);
  const named = models.slice(0, 9).reduce((sum, { records }) => sum + records, 0);
  assert.equal(value('other_model_records{model="other"}'), 5000 - named);
  const none = await shown({ status: statusWith([0]) });
  assert.equal(none('other_model_records{model="m0"}'), undefined, "gone once it is done");
});
