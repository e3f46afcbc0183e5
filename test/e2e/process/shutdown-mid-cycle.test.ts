import assert from "node:assert/strict";
import { test, type TestContext } from "node:test";
import { eventually } from "../../support/asserts/eventually.ts";
import {
  DIMENSIONS,
  errorLogs,
  newestOpenSearch,
} from "../../support/servers/open-search-fixture.ts";
import { outcomesOf, printedSummary } from "../../support/asserts/printed-json.ts";
import { runVectorizer, startVectorizer } from "../../support/commands/run-command.ts";
import { textsWithVector } from "../../support/asserts/stored-vectors.ts";
import { startStubEmbeddingServer } from "../../support/servers/stub-embedding-server.ts";
import { withinGrace } from "../../support/asserts/within-grace.ts";

const RECORDS = 30;
const PER_REQUEST = 10;

for (const [what, args, code] of [
  ["the daemon", [], 0],
  ["--once", ["--once"], 143],
  ["--drain", ["--drain"], 143],
] as const) {
  for (const signal of ["SIGTERM", "SIGINT"] as const) {
    if (what !== "the daemon" && signal === "SIGINT") continue;
    const name = `${signal} while the embedder is answering ${what}: its answer is written, exit code ${code}`;
    test(name, { timeout: 300_000 }, (t) =>
      withinGrace(async (stop) => {
        const { fixture, index, stub, env } = await slowEmbedder(t, 1200);
        const running = await startVectorizer(t, args, { env });
        await eventually(() => stub.requests.length === 1, t);

        stop(running, signal);
        const ended = await running.ended;

        assert.equal(ended.code, code, running.printed());
        assert.match(running.printed(), new RegExp(`${signal}: finishing the work in progress`));
        assert.equal(stub.requests.length, 1, "a new request was started");
        assert.equal((await textsWithVector(fixture, index)).length, PER_REQUEST);

        const next = await runVectorizer(t, ["--once", "--json"], { env });
        assert.deepEqual(outcomesOf(printedSummary(next)), { updated: RECORDS - PER_REQUEST });
        assert.equal((await textsWithVector(fixture, index)).length, RECORDS);
        const paid = stub.requests.flatMap(({ texts }) => texts);
        assert.deepEqual([paid.length, new Set(paid).size], [RECORDS, RECORDS], "paid for twice");
      }),
    );
  }
}

test("an embedder that never answers does not hold up the end", { timeout: 300_000 }, (t) =>
  withinGrace(async (stop) => {
    const { fixture, index, stub, env } = await slowEmbedder(t, 0);
    stub.setFault({ kind: "hangs" });
    const daemon = await startVectorizer(t, [], { env });
    await eventually(() => stub.requests.length === 1, t);

    stop(daemon);
    const ended = await daemon.ended;

    assert.equal(ended.code, 0, ended.stdout);
    assert.match(ended.stdout, /INFO {2}Stopped\n$/);
    assert.deepEqual(await textsWithVector(fixture, index), []);
    stub.setFault(null);
    const next = await runVectorizer(t, ["--once", "--json"], { env });
    assert.deepEqual(outcomesOf(printedSummary(next)), { updated: RECORDS });
  }),
);

test("SIGTERM between two cycles ends at once", { timeout: 300_000 }, async (t) => {
  const { env } = await slowEmbedder(t, 0);
  const daemon = await startVectorizer(t, [], { env });
  await daemon.says(/Cycle #1 summary/);
  daemon.kill("SIGTERM");
  const ended = await daemon.ended;
  assert.equal(ended.code, 0, ended.stdout);
  assert.doesNotMatch(ended.stdout, /cycle #2/i);
});

async function slowEmbedder(t: TestContext, delayMs: number) {
  const fixture = await newestOpenSearch(t);
  const index = fixture.name("logs");
  await fixture.create(index);
  await fixture.fill(index, errorLogs(RECORDS));
  const stub = await startStubEmbeddingServer({ dimensions: DIMENSIONS, delayMs });
  t.after(() => stub.close());
  const { EMBEDDING_PROVIDER: _, EMBEDDING_MODEL: _model, ...rest } = fixture.env;
  const env = {
    ...rest,
    OPENAI_BASE_URL: stub.openAiBaseUrl,
    EMBEDDING_MAX_TEXTS_PER_REQUEST: String(PER_REQUEST),
    BACKFILL_SCHEDULE: "0 0 1 1 *",
  };
  return { fixture, index, stub, env };
}
