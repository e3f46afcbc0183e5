import assert from "node:assert/strict";
import { test } from "node:test";
import { addOutcomes } from "../../src/model/outcome.ts";
import { DIMENSIONS, errorLogs, newestOpenSearch } from "../support/open-search-fixture.ts";
import { printedSummary } from "../support/printed-json.ts";
import { startVectorizer } from "../support/run-command.ts";
import { textsWithVector } from "../support/stored-vectors.ts";
import { startStubEmbeddingServer } from "../support/stub-embedding-server.ts";

const RECORDS = 200;

test("two runs at the same time: each record right, written once, and counted honestly", async (t) => {
  const fixture = await newestOpenSearch(t);
  const index = fixture.name("logs");
  await fixture.create(index);
  await fixture.fill(index, errorLogs(RECORDS));
  const stub = await startStubEmbeddingServer({ dimensions: DIMENSIONS, delayMs: 1500 });
  t.after(() => stub.close());
  const { EMBEDDING_PROVIDER: _, ...rest } = fixture.env;
  const env = {
    ...rest,
    OPENAI_BASE_URL: stub.openAiBaseUrl,
    BACKFILL_BATCH_SIZE: String(RECORDS),
  };

  const runs = await Promise.all(
    [1, 2].map(() => startVectorizer(t, ["--once", "--json"], { env })),
  );
  const ended = await Promise.all(runs.map((run) => run.ended));

  assert.deepEqual(
    ended.map(({ code }) => code),
    [0, 0],
    ended.map((e) => e.stderr).join("\n"),
  );
  const [a, b] = ended.map(printedSummary);
  assert.ok(a && b);
  assert.deepEqual([a.taken, b.taken], [RECORDS, RECORDS], "they did not run at the same time");
  const {
    updated,
    conflicted,
    already_vectorized: already,
    ...others
  } = addOutcomes(a.outcomes, b.outcomes);
  assert.equal(updated, RECORDS);
  assert.equal(conflicted + already, RECORDS);
  assert.ok(Object.values(others).every((number) => number === 0));
  assert.equal((await textsWithVector(fixture, index)).length, RECORDS);
});
