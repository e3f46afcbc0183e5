import assert from "node:assert/strict";
import { test } from "node:test";
import { eventually } from "../../support/asserts/eventually.ts";
import {
  DIMENSIONS,
  errorLogs,
  newestOpenSearch,
} from "../../support/servers/open-search-fixture.ts";
import { startVectorizer } from "../../support/commands/run-command.ts";
import { textsWithVector } from "../../support/asserts/stored-vectors.ts";
import { startStubEmbeddingServer } from "../../support/servers/stub-embedding-server.ts";

test("an embedder that refused this process is asked again each cycle, and the backlog catches up", async (t) => {
  const fixture = await newestOpenSearch(t);
  const index = fixture.name("logs");
  await fixture.create(index);
  await fixture.fill(index, errorLogs(12));
  const stub = await startStubEmbeddingServer({ dimensions: DIMENSIONS });
  t.after(() => stub.close());
  stub.setFault({ kind: "unauthorized" });
  const { EMBEDDING_PROVIDER: _, EMBEDDING_MODEL: _model, ...rest } = fixture.env;
  const env = {
    ...rest,
    OPENAI_BASE_URL: stub.openAiBaseUrl,
    OPENAI_API_KEY: "sk-test-0123456789",
    BACKFILL_SCHEDULE: "*/2 * * * * *",
    BACKFILL_BATCH_SIZE: "6",
  };
  const daemon = await startVectorizer(t, [], { env });
  // One text goes first where no vector has been taken yet; the first cycle does not know that of its own index.
  await daemon.says(/Cycle #2 summary: .* vectors 0 \(total 0\) .* errors [16] · backlog 12/);
  assert.match(daemon.printed(), /ERROR .*401.*6 records deferred to a later cycle/);
  assert.deepEqual(await textsWithVector(fixture, index), []);
  const refused = stub.requests.length;

  stub.setFault(null);
  await eventually(async () => (await textsWithVector(fixture, index)).length === 12, t);

  daemon.kill("SIGTERM");
  const ended = await daemon.ended;
  assert.equal(ended.code, 0, ended.stdout);
  assert.match(ended.stdout, /\(total 12\) .* backlog 0/);
  // One request a cycle while it refuses, not one a record or a retry after the other.
  const cycles = ended.stdout.match(/summary: .* vectors 0 /g)?.length ?? 0;
  assert.ok(refused <= cycles, `${refused} requests in ${cycles} cycles`);
});
