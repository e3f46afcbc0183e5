import assert from "node:assert/strict";
import { test } from "node:test";
import { createMemoryStore } from "../../../../scripts/quickstart/memory/memory-store.ts";
import {
  compareStatistics,
  type StatisticsDeps,
  type StatisticsQuery,
} from "../../../../src/analysis/statistics/compare-statistics.ts";
import { statisticsAnswerShape } from "../../../../src/analysis/statistics/statistics-answer.ts";
import { SearchRefused } from "../../../../src/search/search-refused.ts";

const { signal } = new AbortController();
const NOW = Date.UTC(2026, 0, 10, 12);
const HOUR = 3_600_000;
const QUERY: StatisticsQuery = {
  timeHours: 24,
  sampleSize: 100,
  stratified: false,
  language: "en",
};

type Log = { hours: number; level?: string; service?: string; tenant?: string; index?: string };

/** 1,000 records of a day: 5 % errors, 20 % warnings; two services of three and one fourths. */
const DAY = Array.from({ length: 1000 }, (_, i): Log => {
  return {
    hours: (24 * (i + 0.5)) / 1000,
    level: i % 20 === 0 ? "ERROR" : i % 5 === 1 ? "WARN" : "INFO",
    service: i % 4 === 3 ? "billing" : "shop",
  };
});

function setUp(logs: readonly Log[], { deps = {}, partial }: Options = {}) {
  const traits = { mapped: false, search: "exact" } as const;
  const store = createMemoryStore({
    levels: ["ERROR"],
    now: () => NOW,
    projectField: "tenant",
    traitsOf: () => (partial === undefined ? traits : { ...traits, partial }),
  });
  store.seed(
    logs.map(({ hours, level, service, tenant, index = "app_logs" }, i) => {
      return {
        index,
        id: `log-${i}`,
        source: {
          "@timestamp": new Date(NOW - hours * HOUR).toISOString(),
          message: "text",
          ...(level === undefined ? {} : { level }),
          ...(service === undefined ? {} : { "service.name": service }),
          ...(tenant === undefined ? {} : { tenant }),
        },
      };
    }),
  );
  const all: StatisticsDeps = {
    statistics: store,
    readSurvey: store.survey,
    clock: { now: () => NOW },
    indexPattern: "*_logs",
    ...deps,
  };
  return async (query: Partial<StatisticsQuery> = {}) =>
    statisticsAnswerShape.parse(await compareStatistics(all, { ...QUERY, ...query }, signal));
}

type Options = { deps?: Partial<StatisticsDeps>; partial?: string };

test("the store's counts are exact, and the estimate stands beside them", async () => {
  const compare = setUp([...DAY, { hours: 25, level: "ERROR" }]);
  const answer = await compare({ sampleSize: 200 });
  assert.deepEqual(answer.db_statistics, {
    total_logs: 1000,
    error_count: 50,
    error_rate: 5,
    by_level: { INFO: 750, WARN: 200, ERROR: 50 },
    by_service: { shop: 750, billing: 250 },
  });
  assert.equal(answer.index, "*_logs");
  assert.equal(answer.to, new Date(NOW).toISOString());
  assert.equal(answer.from, new Date(NOW - 24 * HOUR).toISOString());
  const { ai_statistics: ai, accuracy_metrics: accuracy } = answer;
  assert.equal(ai.estimated_by, "sample");
  assert.deepEqual(answer.sample, {
    ...answer.sample,
    size: 200,
    taken: 200,
    whole: false,
    slice_percent: 10,
  });
  const { total_logs: total, error_rate: rate } = ai.intervals ?? {};
  assert.ok(total && total.low <= 1000 && (total.high ?? Infinity) >= 1000, JSON.stringify(total));
  assert.ok(rate && rate.low <= 5 && rate.high >= 5, JSON.stringify(rate));
  assert.ok((ai.estimated_error_rate ?? 0) > 0);
  assert.ok((accuracy.by_service ?? 0) > 90);
  const figures = [accuracy.total_logs, accuracy.error_count, accuracy.error_rate];
  const mean = [...figures, accuracy.by_level, accuracy.by_service].reduce<number>(
    (sum, one) => sum + (one ?? 0) / 5,
    0,
  );
  assert.ok(Math.abs(mean - (accuracy.overall_accuracy ?? 0)) < 0.001);
});

test("the same request about the same window draws the same sample", async () => {
  const compare = setUp(DAY);
  assert.deepEqual(await compare(), await compare());
  const other = await compare({ sampleSize: 99 });
  assert.notEqual(other.sample.seed, (await compare()).sample.seed);
});

test("a sample of everything is exact, and can stand for the counts", async () => {
  const {
    sample,
    verdict,
    accuracy_metrics: accuracy,
    ai_statistics: ai,
  } = await setUp(DAY)({
    sampleSize: 1001,
  });
  assert.deepEqual([sample.whole, sample.taken], [true, 1000]);
  assert.deepEqual(verdict, {
    grade: "excellent",
    can_replace_db: true,
    weakest: "total_logs",
  });
  assert.equal(accuracy.overall_accuracy, 100);
  assert.equal(ai.confidence_score, 100);
  assert.deepEqual(ai.intervals?.total_logs, { low: 1000, high: 1000 });
});

test("errors too rare for the sample are no ground for trust, and the grade is in the language asked for", async () => {
  const rare = DAY.map((one, i) => ({ ...one, level: i === 500 ? "ERROR" : "INFO" }));
  const {
    verdict,
    accuracy_metrics: accuracy,
    ai_statistics: ai,
  } = await setUp(rare)({
    language: "ko",
  });
  assert.equal(ai.estimated_error_count, 0);
  assert.equal(accuracy.error_count, 0);
  assert.equal(accuracy.in_interval?.error_rate, true);
  assert.equal(verdict.can_replace_db, false);
  assert.match(String(verdict.grade), /^(보통|미흡)$/);
});

test("nothing in the window: counts of 0, and no figure that would have to be made up", async () => {
  const answer = await setUp([{ hours: 30, level: "ERROR" }])();
  assert.deepEqual(answer.db_statistics, {
    total_logs: 0,
    error_count: 0,
    error_rate: null,
    by_level: {},
    by_service: {},
  });
  assert.equal(answer.ai_statistics.estimated_error_rate, null);
  assert.equal(answer.ai_statistics.confidence_score, null);
  assert.equal(answer.accuracy_metrics.overall_accuracy, null);
  assert.deepEqual(answer.verdict, { grade: null, can_replace_db: null, weakest: null });
});

test("where no index could be counted, the counts are unknown and not 0", async () => {
  const answer = await setUp(DAY)({ index: "nowhere-*" });
  assert.equal(answer.db_statistics.total_logs, null);
  assert.equal(answer.db_statistics.error_count, null);
  assert.equal(answer.ai_statistics.estimated_total_logs, null);
  assert.equal(answer.ai_statistics.intervals, null);
  assert.equal(answer.sample.whole, false);
});

test("a part that did not answer is named, and nothing is judged by the rest", async () => {
  const answer = await setUp(DAY, { partial: "1 of 2 shards failed" })();
  assert.deepEqual(answer.gaps, [{ index: "app_logs", reason: "1 of 2 shards failed" }]);
  assert.equal(answer.accuracy_metrics.overall_accuracy, null);
  assert.equal(answer.accuracy_metrics.in_interval, null);
  assert.equal(answer.verdict.can_replace_db, null);
});

test("only the indices that the pattern means, and records without a level or a service are counted as such", async () => {
  const compare = setUp([
    { hours: 1, level: "error", service: "shop" },
    { hours: 1, index: "web_logs" },
    { hours: 2, level: "INFO", index: "web_logs" },
  ]);
  const { db_statistics: db } = await compare({ index: "web_*" });
  assert.deepEqual(db.by_level, { "(none)": 1, INFO: 1 });
  assert.deepEqual(db.by_service, { "(none)": 2 });
  assert.equal((await compare()).db_statistics.error_count, 1);
});

test("a project is counted by itself where PROJECT_FIELD names its field, else the setting is asked for", async () => {
  const logs = DAY.map((log, i) => (i % 10 === 0 ? { ...log, tenant: "a" } : log));
  const { db_statistics: db, project_uuid: project } = await setUp(logs, {
    deps: { projectField: "tenant" },
  })({ project: "A" });
  assert.equal(db.total_logs, 100);
  assert.equal(project, "A");
  await assert.rejects(setUp(logs)({ project: "a" }), (error: unknown) => {
    assert.ok(error instanceof SearchRefused);
    assert.equal(error.code, "no_project_field");
    assert.match(`${error.message} ${error.hint}`, /PROJECT_FIELD/);
    return true;
  });
});
