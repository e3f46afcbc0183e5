import assert from "node:assert/strict";
import { test } from "node:test";
import { z } from "zod";
import {
  DIMENSIONS,
  errorLogs,
  newestOpenSearch,
} from "../../support/servers/open-search-fixture.ts";
import { startVectorizer } from "../../support/commands/run-command.ts";
import { startStubEmbeddingServer } from "../../support/servers/stub-embedding-server.ts";

const eventShape = z.object({ "event.action": z.string() });

test("a cycle that outlasts its schedule is never joined by another", async (t) => {
  const fixture = await newestOpenSearch(t);
  const index = fixture.name("logs");
  await fixture.create(index);
  await fixture.fill(index, errorLogs(3));
  const stub = await startStubEmbeddingServer({ dimensions: DIMENSIONS, delayMs: 2500 });
  t.after(() => stub.close());
  const { EMBEDDING_PROVIDER: _, EMBEDDING_MODEL: _model, ...rest } = fixture.env;
  const env = {
    ...rest,
    OPENAI_BASE_URL: stub.openAiBaseUrl,
    BACKFILL_SCHEDULE: "* * * * * *",
    BACKFILL_BATCH_SIZE: "1",
    LOG_FORMAT: "json",
  };
  const daemon = await startVectorizer(t, [], { env });
  await daemon.says(/Cycle #3 summary/);
  daemon.kill("SIGTERM");
  const ended = await daemon.ended;

  assert.equal(ended.code, 0, ended.stdout);
  const actions = ended.stdout
    .trim()
    .split("\n")
    .map((line) => eventShape.parse(JSON.parse(line))["event.action"]);
  const edges = actions.filter((action) => /^cycle-(started|ended|failed)$/.test(action));
  edges.forEach((action, i) => {
    assert.equal(action, i % 2 === 0 ? "cycle-started" : "cycle-ended", edges.join(" "));
  });
  assert.ok(edges.length >= 6, edges.join(" "));
  assert.ok(actions.includes("cycle-skipped"), "no wake-up came while a cycle ran");
  assert.equal(stub.requests.length, 3);
});
