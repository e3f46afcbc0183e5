import assert from "node:assert/strict";
import { test } from "node:test";
import { FAULT_POLICIES } from "../../../src/domain/fault-policy.ts";
import { Fault } from "../../../src/domain/faults.ts";
import { noOutcomes } from "../../../src/domain/outcome.ts";
import type { CycleSummary } from "../../../src/domain/summary.ts";
import type { Events } from "../../../src/ports/events.ts";
import { captureLog } from "./captured-log.ts";

const SUMMARY: CycleSummary = {
  cycle: 1,
  found: 237,
  backlog: 137,
  other_model: 0,
  skipped: 0,
  looping: 0,
  false_marks: 0,
  gaps: [],
  taken: 100,
  outcomes: { ...noOutcomes(), updated: 64, reused: 36 },
  embedding: { requests: 1, texts: 64, tokens: 1000, cost_usd: null },
  duration_ms: 12_450,
  indices: { fit: 1, unfit: 0 },
};
const TOTALS = { runs: 1, vectors: 100, errors: 0, average_rate: 8.03 };
const FAULT = new Fault("outage", "openai at http://x: no answer", { hint: "Check the address." });
const BUDGET = new Fault("quota", "MAX_TOKENS_PER_CYCLE is reached", {
  hint: "Embedding resumes with the next cycle.",
  selfImposed: true,
});
const NEXT = new Date("2026-01-02T15:20:00Z");

function tellCycle(events: Events): void {
  events.cycleStarted({ cycle: 1, drain: false });
  events.recordsFound({ found: 237, partial: false, levels: ["ERROR"], durationMs: 20 });
  events.textsEmbedded({ records: 100, texts: 64, requests: 1, durationMs: 1200 });
  events.recordsWritten({ written: 100, reused: 36, failed: 0, durationMs: 300 });
  events.cycleEnded({
    cycle: 1,
    drain: false,
    summary: SUMMARY,
    faults: {},
    totals: TOTALS,
    nextRunAt: NEXT,
  });
}

test("a person reads the cycle in five lines", () => {
  const log = captureLog();
  tellCycle(log.events);
  assert.deepEqual(log.messages(), [
    "INFO  Periodic enrichment cycle #1 started",
    "INFO  [1/3] Querying OpenSearch for ERROR logs without vectors… found 237",
    "INFO  [2/3] Generating embeddings for 100 logs… 64 texts, 1 request, 1.2 s",
    "INFO  [3/3] Updating OpenSearch documents… 100 written (36 reused), 0 failed",
    "INFO  Cycle #1 summary: duration 12.45 s · vectors 100 (total 100) · 8.03 vectors/s · errors 0 · backlog 137 · next run 15:20:00 UTC",
  ]);
  assert.match(log.lines()[0] ?? "", /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ INFO {2}P/);
});

test("batches of a tail, a worker and a search, and pages of a drain, are lines at level debug", () => {
  const log = captureLog({ level: "debug" });
  const batch = { records: 2, texts: 1, requests: 1, durationMs: 5 };
  const did = { written: 2, reused: 1, failed: 0, durationMs: 5 };
  for (const source of ["tail", "worker", "search"] as const) {
    log.events.textsEmbedded({ ...batch, source });
    log.events.recordsWritten({ ...did, source });
    log.events.embedderFailed({ fault: FAULT, deferred: 1, source });
  }
  log.events.cycleStarted({ cycle: 1, drain: true });
  log.events.textsEmbedded(batch);
  log.events.recordsWritten(did);
  const levels = log.messages().map((line) => line.slice(0, 5).trim());
  assert.deepEqual(levels, [...Array(9).fill("DEBUG"), "INFO", "DEBUG", "DEBUG"]);
  log.events.embedderFailed({ fault: FAULT, deferred: 1 });
  log.events.cycleStarted({ cycle: 2, drain: false });
  log.events.textsEmbedded(batch);
  const after = log
    .messages()
    .slice(-3)
    .map((line) => line.slice(0, 5).trim());
  assert.deepEqual(after, ["ERROR", "INFO", "INFO"]);
});

/** Tells everything that can be told, once. */
function tellAll(events: Events): void {
  events.started({
    version: "1.2.3",
    schedule: "every 10 minutes",
    indexPattern: "*_*",
    embedder: "openai",
  });
  tellCycle(events);
  events.cycleEnded({
    cycle: 2,
    drain: true,
    summary: { ...SUMMARY, cycle: 12 },
    faults: { quota: 3 },
    totals: TOTALS,
    reason: "no money",
  });
  events.cycleFailed({ cycle: 3, error: FAULT, nextRunAt: NEXT });
  events.cycleSkipped();
  events.overlapDetected({ conflicted: 61 });
  events.drainProgress({
    done: 50,
    total: 200,
    recordsPerSecond: 12.34,
    secondsLeft: 200,
    costUsd: 0.5,
  });
  events.indexUnfit({ index: "app_a", reason: "closed", fix: "POST /app_a/_open" });
  events.indexFitAgain({ index: "app_a" });
  events.mappingAdded({ index: "app_b" });
  events.answerPartial({
    gaps: [{ index: "app_a", reason: "1 of 5 shards failed" }],
    during: "the query",
  });
  events.recordFailed({ index: "app_a", id: "1", outcome: "quarantined", fault: FAULT });
  events.embedderFailed({ fault: FAULT, deferred: 1 });
  events.waiting({ fault: FAULT, waitMs: 500 });
  events.breakerOpened({ fault: FAULT });
  events.breakerClosed({ since: NEXT });
  events.budgetReached({ fault: BUDGET, texts: 3, resumesAt: NEXT });
  events.embedderFailed({ fault: BUDGET, deferred: 3 });
  events.refreshFailed({ fault: FAULT });
  events.stopping({ signal: "SIGTERM" });
  events.stopped();
}

test("each event has its level and its action", () => {
  const log = captureLog({ format: "json" });
  tellAll(log.events);
  assert.deepEqual(
    log.actions().filter((_, i) => i === 0 || i > 5),
    [
      "info service-started",
      "warn drain-ended-early",
      "info cycle-ended",
      "error cycle-failed",
      "info cycle-skipped",
      "warn overlap-detected",
      "info drain-progress",
      "warn index-unfit",
      "info index-fit",
      "info mapping-added",
      "warn answer-partial",
      "warn record-quarantined",
      "error embedder-failed",
      "warn waiting",
      "error breaker-opened",
      "info breaker-closed",
      "warn budget-reached",
      "info budget-spent",
      "warn refresh-failed",
      "info service-stopping",
      "info service-stopped",
    ],
  );
});

test("an embedder that only asks to slow down is no error, and what to do is always said", () => {
  const log = captureLog({ format: "json" });
  log.events.embedderFailed({ fault: new Fault("rate", "openai: slow down"), deferred: 2 });
  log.events.embedderFailed({ fault: new Fault("credentials", "openai: no"), deferred: 2 });
  assert.deepEqual(log.actions(), ["warn embedder-failed", "error embedder-failed"]);
  const [slow, refused] = log.objects().map(({ message }) => String(message));
  assert.ok(slow?.includes(FAULT_POLICIES.rate.advice), slow);
  assert.ok(refused?.includes(FAULT_POLICIES.credentials.advice), refused);
});

test("a machine reads one ECS object per event", () => {
  const log = captureLog({ format: "json" });
  tellAll(log.events);
  const objects = log.objects();
  assert.equal(objects.length, 26);
  for (const object of objects) {
    assert.partialDeepStrictEqual(object, {
      "ecs.version": "8.11.0",
      "service.name": "log-vectorizer",
      "service.version": "1.2.3",
    });
    assert.match(String(object["@timestamp"]), /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
    assert.match(String(object["log.level"]), /^(info|warn|error)$/);
    assert.match(String(object["event.action"]), /^[a-z-]+$/);
    assert.equal(typeof object["message"], "string");
  }
  const actions = objects.map((object) => object["event.action"]);
  assert.deepEqual(actions.slice(1, 6), [
    "cycle-started",
    "records-found",
    "texts-embedded",
    "records-written",
    "cycle-ended",
  ]);
  assert.equal(new Set(actions).size, 25, "cycle-ended alone was told twice");
});

test("a machine reads the summary as it stands, and durations in nanoseconds", () => {
  const log = captureLog({ format: "json" });
  tellCycle(log.events);
  assert.partialDeepStrictEqual(log.objects().at(-1), {
    "event.duration": 12_450_000_000,
    "log_vectorizer.cycle": 1,
    "log_vectorizer.summary": { ...SUMMARY },
    "log_vectorizer.totals": TOTALS,
    "log_vectorizer.next_run": "2026-01-02T15:20:00.000Z",
  });
});

test("a machine reads the kind of an error; what is no fault is a bug", () => {
  const log = captureLog({ format: "json" });
  log.events.cycleFailed({ cycle: 1, error: FAULT });
  log.events.cycleFailed({ cycle: 2, error: new TypeError("x is not a function") });
  assert.deepEqual(
    log.objects().map((object) => [object["error.type"], object["error.message"]]),
    [
      ["outage", FAULT.message],
      ["bug", "x is not a function"],
    ],
  );
});

test("a bug is told with its stack, a fault without", () => {
  const log = captureLog();
  log.events.cycleFailed({ cycle: 1, error: FAULT });
  assert.doesNotMatch(log.text(), /at .*\.test\.ts/);
  log.events.cycleFailed({ cycle: 2, error: new TypeError("x is not a function") });
  assert.match(log.text(), /TypeError: x is not a function\n +at .*\.test\.ts/);
});

test("a drain that fails all over names five records a cycle, the others for debug", () => {
  const fail = (log: ReturnType<typeof captureLog>, times: number) => {
    for (let i = 0; i < times; i++) {
      log.events.recordFailed({ index: "a", id: `${i}`, outcome: "deferred", fault: FAULT });
    }
  };
  const log = captureLog();
  log.events.cycleStarted({ cycle: 1, drain: false });
  fail(log, 20);
  assert.equal(log.lines().length, 1 + 5);
  log.events.cycleStarted({ cycle: 2, drain: false });
  fail(log, 20);
  assert.equal(log.lines().length, 2 + 10);
  const verbose = captureLog({ level: "debug" });
  fail(verbose, 20);
  assert.equal(verbose.lines().length, 20);
});

test("progress is told every ten seconds, not for every page", async () => {
  const log = captureLog();
  const progress = {
    done: 1,
    total: 2,
    recordsPerSecond: 1,
    secondsLeft: null,
    costUsd: null,
  };
  for (let i = 0; i < 25; i++) {
    log.events.drainProgress({ ...progress, done: i });
    await log.clock.advance(1000);
  }
  assert.deepEqual(
    log.messages().map((line) => /\d+ of 2/.exec(line)?.[0]),
    ["0 of 2", "10 of 2", "20 of 2"],
  );
});

test("vectors of another model are a warning, and a run that replaces them says what is left", () => {
  const log = captureLog({ format: "json" });
  log.events.otherModelsFound({
    records: 2,
    models: [{ model: "old", dimensions: 8, records: 2 }],
    estimate: { tokens: 10, cost_usd: 0 },
    command: "log-vectorizer reembed",
  });
  log.events.otherDimensionsFound({ line: "a is mapped for vectors of length 64" });
  log.events.reembedStarted({ found: 2, model: "new" });
  const { cycle: _, backlog: __, other_model: ___, skipped: ____, ...rest } = SUMMARY;
  log.events.reembedEnded({ summary: { ...rest, found: 237, left: 1 }, reason: "budget is used" });
  log.events.reembedEnded({ summary: { ...rest, found: 100, left: 0 } });
  assert.deepEqual(log.actions(), [
    "warn other-models-found",
    "warn other-dimensions-found",
    "info reembed-started",
    "warn reembed-ended-early",
    "info reembed-ended",
    "info reembed-ended",
  ]);
  const messages = log.objects().map(({ message }) => String(message));
  assert.match(messages[0] ?? "", /2 records .*\bold\b.*10 tokens.*log-vectorizer reembed$/);
  assert.match(messages[3] ?? "", /budget is used.*1 record /);
});
