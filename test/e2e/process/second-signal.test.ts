import assert from "node:assert/strict";
import { test } from "node:test";
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

for (const [signal, code] of [
  ["SIGINT", 130],
  ["SIGTERM", 143],
] as const) {
  test(`a second ${signal} ends at once with ${code}, and the next run does it all`, (t) =>
    withinGrace(async (stop) => {
      const fixture = await newestOpenSearch(t);
      const index = fixture.name("logs");
      await fixture.create(index);
      await fixture.fill(index, errorLogs(3));
      const stub = await startStubEmbeddingServer({ dimensions: DIMENSIONS });
      t.after(() => stub.close());
      stub.setFault({ kind: "hangs" });
      const { EMBEDDING_PROVIDER: _, EMBEDDING_MODEL: _model, ...rest } = fixture.env;
      const env = { ...rest, OPENAI_BASE_URL: stub.openAiBaseUrl };
      const daemon = await startVectorizer(t, [], { env });
      await eventually(() => stub.requests.length === 1, t);

      stop(daemon, signal);
      await daemon.says(/finishing the work in progress/);
      daemon.kill(signal);
      const ended = await daemon.ended;

      assert.equal(ended.code, code, ended.stdout);
      assert.doesNotMatch(ended.stdout, /Stopped/, "it waited after all");
      assert.deepEqual(await textsWithVector(fixture, index), []);
      stub.setFault(null);
      const next = await runVectorizer(t, ["--once", "--json"], { env });
      assert.deepEqual(outcomesOf(printedSummary(next)), { updated: 3 });
    }));
}
