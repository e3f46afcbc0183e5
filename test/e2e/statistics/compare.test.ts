import assert from "node:assert/strict";
import { test, type TestContext } from "node:test";
import {
  statisticsAnswerShape,
  type StatisticsAnswer,
} from "../../../src/analysis/statistics/statistics-answer.ts";
import { printedAnswer, printedError } from "../../support/asserts/printed-json.ts";
import { runVectorizer, startVectorizer } from "../../support/commands/run-command.ts";
import { ask, httpDaemon } from "../../support/servers/http-daemon.ts";
import {
  LOG_PROPERTIES,
  newestOpenSearch,
  onEachOpenSearch,
  openFixture,
  type OpenSearchFixture,
} from "../../support/servers/open-search-fixture.ts";

const RECORDS = 10_000;
const HOUR = 3_600_000;
const TENANT = "6f9619ff-8b86-d011-b42d-00c04fc964ff";

/**
 * Ten thousand records of the last 20 hours, by their number: 4 % errors (in two spellings), 16 % warnings, the rest INFO; 70 % of
 * the shop, 25 % of billing, 5 % of nobody. A tenth belongs to a tenant.
 */
function records(): Record<string, unknown>[] {
  const end = Date.now() - HOUR;
  return Array.from({ length: RECORDS }, (_, i) => {
    const [hundredth, twentieth] = [i % 100, Math.floor(i / 100) % 20];
    const level = hundredth < 4 ? "ERROR" : hundredth < 20 ? "WARN" : "INFO";
    const service = twentieth < 14 ? "shop" : twentieth < 19 ? "billing" : undefined;
    return {
      "@timestamp": new Date(end - (20 * HOUR * i) / RECORDS).toISOString(),
      level: i % 200 === 0 ? level.toLowerCase() : level,
      message: `record ${i}`,
      ...(service === undefined ? {} : { service: { name: service } }),
      ...(i % 10 === 7 ? { tenant: { id: TENANT } } : {}),
    };
  });
}

const TRUTH: StatisticsAnswer["db_statistics"] = {
  total_logs: RECORDS,
  error_count: 400,
  error_rate: 4,
  by_level: { INFO: 8000, WARN: 1600, ERROR: 400 },
  by_service: { shop: 7000, billing: 2500, "(none)": 500 },
};

const PROPERTIES = {
  ...LOG_PROPERTIES,
  service: { properties: { name: { type: "keyword" } } },
  tenant: { properties: { id: { type: "keyword" } } },
};

/** Half of them in an index of three shards, the others in one of another mapping. */
async function fill(fixture: OpenSearchFixture): Promise<void> {
  const all = records();
  const [first, second] = [fixture.name("first"), fixture.name("second")];
  await fixture.create(first, {
    mappings: { properties: PROPERTIES },
    settings: { number_of_shards: 3 },
  });
  const level = { type: "text", fields: { keyword: { type: "keyword" } } };
  await fixture.create(second, { mappings: { properties: { ...PROPERTIES, level } } });
  await fixture.fill(
    first,
    all.filter((_, i) => i % 2 === 0),
  );
  await fixture.fill(
    second,
    all.filter((_, i) => i % 2 === 1),
  );
}

async function compare(t: TestContext, { env }: Pick<OpenSearchFixture, "env">, ...more: string[]) {
  const run = await runVectorizer(t, ["statistics", "compare", "--json", ...more], { env });
  assert.equal(run.code, 0, run.stderr);
  return printedAnswer(run, statisticsAnswerShape);
}

await onEachOpenSearch((version) => {
  test("ten thousand records are counted exactly, and the sample's intervals hold the truth", async (t) => {
    const fixture = await openFixture(t, version);
    await fill(fixture);
    const seeds = new Set<number>();
    const held = { total_logs: 0, error_count: 0, error_rate: 0 };
    const runs = [
      ["--sample-size", "100"],
      ["--sample-size", "500"],
      ["--sample-size", "2000"],
      ["--sample-size", "500", "--stratified"],
      ["--sample-size", "2000", "--stratified"],
    ];
    for (const options of runs) {
      const answer = await compare(t, fixture, ...options);
      assert.deepEqual(answer.db_statistics, TRUTH);
      assert.deepEqual([answer.left_out, answer.gaps], [[], []]);
      assert.equal(answer.sample.taken, Number(options[1]), JSON.stringify(answer.sample));
      assert.equal(answer.sample.whole, false);
      seeds.add(answer.sample.seed);
      const { in_interval: inside, by_level: byLevel } = answer.accuracy_metrics;
      assert.ok(inside && (byLevel ?? 0) > 85, JSON.stringify(answer));
      for (const figure of ["total_logs", "error_count", "error_rate"] as const) {
        held[figure] += Number(inside[figure]);
      }
      const { estimated_total_logs: total } = answer.ai_statistics;
      assert.ok(Math.abs((total ?? 0) / RECORDS - 1) < 0.5, `${total}`);
      t.diagnostic(JSON.stringify([options, answer.ai_statistics, answer.accuracy_metrics]));
    }
    assert.equal(seeds.size, runs.length, "each request draws its own");
    // Three misses of five have a chance of one in a thousand for each figure.
    for (const [figure, times] of Object.entries(held)) {
      assert.ok(times >= 3, `${figure} was in its interval ${times} times of ${runs.length}`);
    }
  });

  test("a sample of all records is the truth itself", async (t) => {
    const fixture = await openFixture(t, version);
    await fill(fixture);
    const {
      sample,
      verdict,
      ai_statistics: ai,
    } = await compare(t, fixture, "--sample-size", "10000", "--index", fixture.name("first"));
    assert.deepEqual([sample.whole, sample.taken], [true, RECORDS / 2]);
    assert.equal(ai.estimated_total_logs, RECORDS / 2);
    assert.equal(ai.confidence_score, 100);
    assert.deepEqual([verdict.grade, verdict.can_replace_db], ["excellent", true]);
  });

  test("one project is counted by itself; without PROJECT_FIELD the setting is named", async (t) => {
    const fixture = await openFixture(t, version);
    await fill(fixture);
    const env = { ...fixture.env, PROJECT_FIELD: "tenant.id" };
    const { db_statistics: db } = await compare(t, { env }, "--project", TENANT.toUpperCase());
    assert.equal(db.total_logs, 1000);
    const run = await runVectorizer(
      t,
      ["statistics", "compare", "--project", TENANT, "--json"],
      fixture,
    );
    assert.equal(run.code, 2);
    assert.match(JSON.stringify(printedError(run)), /PROJECT_FIELD/);
  });

  test("nothing in the window ends with 0 and without a judgement; what cannot be counted is named", async (t) => {
    const fixture = await openFixture(t, version);
    await fixture.create(fixture.name("empty"), { mappings: { properties: PROPERTIES } });
    const words = { ...PROPERTIES, level: { type: "text" } };
    await fixture.create(fixture.name("words"), { mappings: { properties: words } });
    const answer = await compare(t, fixture);
    assert.equal(answer.db_statistics.total_logs, 0);
    assert.deepEqual(answer.verdict, { grade: null, can_replace_db: null, weakest: null });
    assert.deepEqual(
      answer.left_out.map(({ index }) => index),
      [fixture.name("words")],
    );
    const run = await runVectorizer(t, ["statistics", "compare"], fixture);
    assert.equal(run.code, 0, run.stderr);
    assert.match(run.stdout, /^No records, /);
    assert.match(run.stdout, /values of level \(text\) cannot be counted/);
  });
});

test("one shard of two fails: the counts are told as too low, with exit code 1, and nothing is judged by them", async (t) => {
  const fixture = await newestOpenSearch(t);
  const [index, alias] = [fixture.name("tenants"), fixture.name("tenant")];
  // It cannot be worked out for the record without the number.
  const source = "doc['number'].value >= 0";
  await fixture.create(index, {
    mappings: { properties: { ...LOG_PROPERTIES, number: { type: "integer" } } },
    settings: { number_of_shards: 2 },
    aliases: { [alias]: { filter: { script: { script: { source } } } } },
  });
  const logs = Array.from({ length: 40 }, (_, i) => ({
    "@timestamp": new Date(Date.now() - i * 60_000).toISOString(),
    level: "ERROR",
    message: `record ${i}`,
    ...(i === 7 ? {} : { number: i }),
  }));
  await fixture.fill(index, logs);
  const env = { ...fixture.env, OPENSEARCH_INDEX_PATTERN: alias };
  const run = await runVectorizer(t, ["statistics", "compare", "--json"], { env });
  assert.equal(run.code, 1, run.stderr);
  const answer = printedAnswer(run, statisticsAnswerShape);
  const { total_logs: total } = answer.db_statistics;
  assert.ok(total !== null && total > 0 && total < 39, `${total}`);
  assert.match(JSON.stringify(answer.gaps), /1 of 2 shards failed/);
  assert.equal(answer.sample.whole, false);
  assert.equal(answer.accuracy_metrics.overall_accuracy, null);
  assert.equal(answer.verdict.can_replace_db, null);
  const shown = await runVectorizer(t, ["statistics", "compare"], { env });
  assert.match(shown.stdout, /Counts are too low and nothing is compared/);
});

test("the route answers what the command prints", async (t) => {
  const fixture = await newestOpenSearch(t);
  await fill(fixture);
  const { env, url } = await httpDaemon(t, fixture);
  const daemon = await startVectorizer(t, [], { env: { ...env, BACKFILL_BATCH_SIZE: "1" } });
  await daemon.says(/Cycle #1 summary/);
  const route = `${url}/api/v1/statistics/compare`;
  const response = await ask(t, `${route}?sample_size=300&language=ko&time_hours=48`);
  const answer = statisticsAnswerShape.parse(await response.json());
  assert.deepEqual(answer.db_statistics, TRUTH);
  assert.equal(answer.sample.taken, 300);
  assert.match(String(answer.verdict.grade), /^(매우 우수|우수|보통|미흡)$/);
  const refused = await ask(t, `${route}?project_uuid=${TENANT}`);
  assert.equal(refused.status, 400);
  assert.match(await refused.text(), /PROJECT_FIELD/);
});
