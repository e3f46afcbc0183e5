import assert from "node:assert/strict";
import { test, type TestContext } from "node:test";
import type { OpenSearchVersion } from "../../../../scripts/local-servers/opensearch.ts";
import {
  DIMENSIONS,
  errorLog,
  onEachOpenSearch,
  openFixture,
} from "../../../support/servers/open-search-fixture.ts";
import type { OpenSearchFixture } from "../../../support/servers/open-search-fixture.ts";
import { printedError, printedAnswer } from "../../../support/asserts/printed-json.ts";
import { runVectorizer } from "../../../support/commands/run-command.ts";
import { checkAnswerShape } from "../../../../src/status/check-report.ts";
import { startStubEmbeddingServer } from "../../../support/servers/stub-embedding-server.ts";

await onEachOpenSearch((version) => {
  test("check tries everything and writes nothing", async (t) => {
    const { fixture, index } = await oneIndex(t, version);
    const unfit = fixture.name("not-a-log");
    await fixture.fill(unfit, [{ level: "ERROR", blob: "x" }]);
    await using stub = await startStubEmbeddingServer({ dimensions: DIMENSIONS });
    const env = openAiEnv(fixture, stub.openAiBaseUrl, { EMBEDDING_PRICE_PER_MILLION_TOKENS: "2" });
    const before = await everything(fixture);

    const json = await runVectorizer(t, ["check", "--json"], { env });
    const table = await runVectorizer(t, ["check"], { env });

    const report = printedAnswer(json, checkAnswerShape);
    assert.deepEqual([json.code, table.code, report.ok], [0, 0, true], table.stdout);
    assert.deepEqual(
      report.checks.map(({ name, result }) => [name, result]),
      [
        ["settings", "ok"],
        ["connection", "ok"],
        ["indices", "warning"],
        ["vectors", "ok"],
        ["stamps", "ok"],
        ["backlog", "ok"],
        ["updates", "ok"],
        ["embedder", "ok"],
        ["memory of errors", "ok"],
      ],
    );
    assert.deepEqual(
      report.fit.map((one) => [one.index, one.mapped]),
      [[index, false]],
    );
    assert.deepEqual(
      report.unfit.map((one) => one.index),
      [unfit],
    );
    assert.deepEqual(report.updates, [{ index, allowed: true }]);
    assert.equal(report.pending, 5);
    assert.ok(report.estimate && report.estimate.tokens > 0);
    assert.equal(report.estimate.cost_usd, (report.estimate.tokens * 2) / 1e6);
    assert.deepEqual(
      report.samples.map(({ dimensions }) => dimensions),
      Array(3).fill(DIMENSIONS),
    );
    assert.match(table.stdout, new RegExp(`✓ +${index} +fit, mapping comes with the first write`));
    assert.match(table.stdout, new RegExp(`✗ +${unfit} +no field message +set MESSAGE_FIELD`));
    assert.equal(stub.requests.length, 6);
    assert.deepEqual(await everything(fixture), before);
  });

  test("check counts levels that only look like ERROR, and the setting it names takes them in", async (t) => {
    const { fixture } = await oneIndex(t, version);
    const index = fixture.name("odd");
    await fixture.create(index);
    const odd = ["ERROR ", "[ERROR]", "E", "17", "INFO"];
    await fixture.fill(
      index,
      odd.map((level, i) => ({ ...errorLog("odd", 10 + i), level })),
    );
    const words = fixture.name("words");
    await fixture.create(words, {
      mappings: {
        properties: {
          "@timestamp": { type: "date" },
          message: { type: "text" },
          level: { type: "text", fields: { keyword: { type: "keyword" } } },
        },
      },
    });
    await fixture.fill(words, [{ ...errorLog("odd", 20), level: "ERROR " }]);
    await using stub = await startStubEmbeddingServer({ dimensions: DIMENSIONS });
    const env = openAiEnv(fixture, stub.openAiBaseUrl);

    const table = await runVectorizer(t, ["check"], { env });
    const [, levels] = /ENRICHMENT_LEVELS='(.*)'/.exec(table.stdout) ?? [];
    assert.equal(table.code, 0, table.stdout);
    assert.match(table.stdout, /! +levels +5 records have a level that looks like a wanted one/);
    assert.deepEqual(levels?.split(",").toSorted(), ['"ERROR "', "17", "E", "ERROR", "[ERROR]"]);

    const taken = await runVectorizer(t, ["check", "--json"], {
      env: { ...env, ENRICHMENT_LEVELS: levels },
    });
    const report = printedAnswer(taken, checkAnswerShape);
    assert.equal(report.pending, 5 + 5);
    assert.ok(!report.checks.some(({ name }) => name === "levels"));
  });

  test("check without any fit index ends with 1", async (t) => {
    const fixture = await openFixture(t, version);
    const ended = await runVectorizer(t, ["check", "--json"], { env: fixture.env });
    assert.equal(ended.code, 1, ended.stdout);
    const report = printedAnswer(ended, checkAnswerShape);
    assert.equal(report.ok, false);
    assert.equal(report.checks.find(({ name }) => name === "indices")?.result, "failed");
  });

  test("check with an embedder that refuses this process ends with 3, and has looked at the rest", async (t) => {
    const { fixture } = await oneIndex(t, version);
    await using stub = await startStubEmbeddingServer({ dimensions: DIMENSIONS });
    stub.setFault({ kind: "unauthorized" });

    const env = openAiEnv(fixture, stub.openAiBaseUrl);
    const ended = await runVectorizer(t, ["check", "--json"], { env });

    assert.equal(ended.code, 3);
    const report = printedAnswer(ended, checkAnswerShape);
    assert.deepEqual(
      report.checks.filter(({ result }) => result === "failed").map(({ name }) => name),
      ["embedder"],
    );
    assert.equal(report.pending, 5);
    assert.doesNotMatch(ended.stdout, /sk-abcd/, "a piece of the key is shown");
  });

  test("check with OpenSearch down still tries the embedder, and ends with 3", async (t) => {
    const { fixture } = await oneIndex(t, version);
    await using stub = await startStubEmbeddingServer({ dimensions: DIMENSIONS });
    const env = { ...openAiEnv(fixture, stub.openAiBaseUrl), OPENSEARCH_URL: "http://127.0.0.1:1" };

    const ended = await runVectorizer(t, ["check", "--json"], { env });

    assert.equal(ended.code, 3);
    const { checks } = printedAnswer(ended, checkAnswerShape);
    assert.deepEqual(
      checks.map(({ name, result }) => [name, result]),
      [
        ["settings", "ok"],
        ["connection", "failed"],
        ["embedder", "ok"],
      ],
    );
  });
});

test("check with bad settings ends with 2 before it contacts anybody", async (t) => {
  await using stub = await startStubEmbeddingServer();
  const env = { OPENAI_BASE_URL: stub.openAiBaseUrl, OPENSEARCH_PORT: "0" };
  const ended = await runVectorizer(t, ["check", "--json"], { env });
  assert.equal(ended.code, 2);
  assert.match(printedError(ended).message, /OPENSEARCH_PORT/);
  assert.equal(stub.requests.length, 0);
});

async function oneIndex(t: TestContext, version: OpenSearchVersion) {
  const fixture = await openFixture(t, version);
  const index = fixture.name("logs");
  await fixture.create(index);
  const texts = ["Disk full", "Connection refused", "Out of memory", "Timeout", " "];
  await fixture.fill(
    index,
    texts.map((text, i) => errorLog(text, i)),
  );
  return { fixture, index };
}

function openAiEnv(
  { env }: OpenSearchFixture,
  baseUrl: string,
  more: Record<string, string> = {},
): Record<string, string> {
  const { EMBEDDING_PROVIDER: _, EMBEDDING_MODEL: _model, ...rest } = env;
  return { ...rest, OPENAI_BASE_URL: baseUrl, OPENAI_API_KEY: "sk-test-0123456789", ...more };
}

/** Documents with their versions, mappings, settings and templates. */
async function everything(fixture: OpenSearchFixture): Promise<unknown[]> {
  const state = "/_cluster/state/metadata?filter_path=metadata.indices,metadata.*template*";
  return [
    [...(await fixture.documents(fixture.pattern)).entries()],
    await fixture.send("GET", state),
    await fixture.send("GET", "/_resolve/index/*?expand_wildcards=all"),
  ];
}
