import assert from "node:assert/strict";
import { test, type TestContext } from "node:test";
import { groupAnswerShape, groupsAnswerShape } from "../../../src/analysis/group-answers.ts";
import { assignAnswerShape } from "../../../src/cli/assign-groups.ts";
import { groupOf } from "../../../src/domain/group.ts";
import { STAMP_PROPERTIES } from "../../../src/adapters/opensearch/mapping.ts";
import { outcomesOf, printedAnswer, printedSummary } from "../../support/asserts/printed-json.ts";
import { runVectorizer } from "../../support/commands/run-command.ts";
import {
  DIMENSIONS,
  errorLog,
  LOG_PROPERTIES,
  onEachOpenSearch,
  openFixture,
} from "../../support/servers/open-search-fixture.ts";

const VECTOR = {
  type: "knn_vector",
  dimension: DIMENSIONS,
  method: { name: "hnsw", engine: "lucene", space_type: "cosinesimil" },
};

/** Two errors in three and one records. */
const LOGS = [
  errorLog("Order 1 of customer 7 failed: disk full"),
  errorLog("Order 22 of customer 8 failed: disk full"),
  errorLog("Order 333 of customer 9 failed: disk full"),
  errorLog("No route to host db-3.internal"),
];

type Fixture = Awaited<ReturnType<typeof openFixture>>;

async function list(t: TestContext, { env }: Fixture, ...options: string[]) {
  const run = await runVectorizer(t, ["groups", "list", "--json", ...options], { env });
  return { ...printedAnswer(run, groupsAnswerShape), code: run.code };
}

await onEachOpenSearch((version) => {
  test("records are counted by error, by this program and by a plain aggregation alike", async (t) => {
    const fixture = await openFixture(t, version);
    const index = fixture.name("logs");
    await fixture.create(index);
    await fixture.fill(index, LOGS);
    const run = await runVectorizer(t, ["--once", "--json"], { env: fixture.env });
    assert.deepEqual(outcomesOf(printedSummary(run)), { updated: 4 });

    const { groups, total, records, ungrouped, code } = await list(t, fixture, "--order", "count");
    assert.deepEqual(
      { total, records, ungrouped, code },
      { total: 2, records: 4, ungrouped: 0, code: 0 },
    );
    assert.deepEqual(
      groups.map(({ template, count }) => [template, count]),
      [
        ["Order <*> of customer <*> failed: disk full", 3],
        ["No route to host <*>", 1],
      ],
    );
    const aggs = { errors: { terms: { field: "log_vector_meta.group" } } };
    const counted: unknown = await fixture.send("POST", `/${index}/_search`, { size: 0, aggs });
    assert.partialDeepStrictEqual(counted, {
      aggregations: {
        errors: { buckets: groups.map(({ group, count }) => ({ key: group, doc_count: count })) },
      },
    });
    const [first] = groups;
    assert.ok(first);
    const shown = await runVectorizer(t, ["groups", "show", first.group, "--json"], {
      env: fixture.env,
    });
    const { count, days } = printedAnswer(shown, groupAnswerShape);
    assert.equal(count, 3);
    assert.equal(
      days.reduce((sum, day) => sum + day.count, 0),
      3,
    );
  });

  test("an index mapped by an earlier release is mapped first; its records get their groups by hand, once", async (t) => {
    const fixture = await openFixture(t, version);
    const index = fixture.name("before");
    await fixture.create(index, {
      mappings: {
        properties: {
          ...LOG_PROPERTIES,
          log_vector: VECTOR,
          log_vector_meta: { type: "object", dynamic: false, properties: STAMP_PROPERTIES },
        },
      },
    });
    await fixture.fill(index, LOGS);
    const { env } = fixture;
    const strict = { ...env, MAPPING: "strict" };
    const once = await runVectorizer(t, ["--once", "--json"], { env: strict });
    assert.deepEqual(outcomesOf(printedSummary(once)), { updated: 4 });
    const before = await list(t, fixture);
    assert.deepEqual([before.total, before.ungrouped], [0, 4]);

    const plan = await runVectorizer(t, ["groups", "assign", "--dry-run", "--json"], { env });
    assert.partialDeepStrictEqual(printedAnswer(plan, assignAnswerShape), {
      documents: 4,
      embedding_requests: 0,
      dry_run: true,
    });
    const asked = await runVectorizer(t, ["groups", "assign"], { env });
    assert.equal(asked.code, 2, "nobody agreed");
    assert.equal((await list(t, fixture)).ungrouped, 4);

    const run = await runVectorizer(t, ["groups", "assign", "--yes", "--json"], { env });
    assert.partialDeepStrictEqual(printedAnswer(run, assignAnswerShape), {
      seen: 4,
      assigned: 4,
      failed: 0,
    });
    const after = await list(t, fixture);
    assert.deepEqual([after.total, after.records, after.ungrouped], [2, 4, 0]);
    const documents = await fixture.documents(index);
    for (const { source } of documents.values()) {
      const { group, model, text_hash: hash } = Object(source?.["log_vector_meta"]);
      assert.equal(group, groupOf({ text: String(source?.["message"]) }).group);
      assert.equal(typeof model, "string");
      assert.equal(typeof hash, "string");
    }
    const again = await runVectorizer(t, ["groups", "assign", "--yes", "--json"], { env });
    assert.partialDeepStrictEqual(printedAnswer(again, assignAnswerShape), { documents: 0 });
    const cycle = await runVectorizer(t, ["--once", "--json"], { env });
    assert.deepEqual(outcomesOf(printedSummary(cycle)), {});
  });

  test("an index that takes no mapping for groups gets its vectors without them, and check says so", async (t) => {
    const fixture = await openFixture(t, version);
    const index = fixture.name("full");
    await fixture.create(index, {
      mappings: {
        properties: {
          ...LOG_PROPERTIES,
          log_vector: VECTOR,
          log_vector_meta: {
            dynamic: "strict",
            properties: { ...STAMP_PROPERTIES, group: { type: "text" } },
          },
        },
      },
    });
    await fixture.fill(index, LOGS);
    const { env } = fixture;
    const run = await runVectorizer(t, ["--once", "--json"], { env });
    assert.deepEqual(outcomesOf(printedSummary(run)), { updated: 4 });
    for (const { source } of (await fixture.documents(index)).values()) {
      assert.ok(Array.isArray(source?.["log_vector"]));
      assert.ok(!("group" in Object(source?.["log_vector_meta"])));
    }
    const check = await runVectorizer(t, ["check"], { env });
    assert.match(check.stdout, /no mapping for groups/);
    const assign = await runVectorizer(t, ["groups", "assign", "--yes"], { env });
    assert.match(assign.stdout, new RegExp(`${index} takes no mapping for groups and is left out`));
  });

  test("OpenSearch away, and an id that is none, are told in one line each", async (t) => {
    const away = { OPENSEARCH_URL: "http://127.0.0.1:9", OPENSEARCH_INDEX_PATTERN: "app-*" };
    const run = await runVectorizer(t, ["groups", "list"], {
      env: { ...away, EMBEDDING_PROVIDER: "local" },
    });
    assert.equal(run.code, 3);
    assert.doesNotMatch(run.stderr, /\n\s+at /);
    const wrong = await runVectorizer(t, ["groups", "show", "nope"], { env: away });
    assert.equal(wrong.code, 2);
    assert.match(wrong.stderr, /16 hex digits/);
  });
});
