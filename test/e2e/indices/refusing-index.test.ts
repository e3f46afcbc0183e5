import assert from "node:assert/strict";
import { test, type TestContext } from "node:test";
import type { OpenSearchVersion } from "../../../scripts/local-servers/opensearch.ts";
import { STAMP_PROPERTIES } from "../../../src/adapters/opensearch/mapping.ts";
import { openBackfillStory } from "../../support/commands/backfill-story.ts";
import {
  DIMENSIONS,
  errorLog,
  errorLogs,
  LOG_PROPERTIES,
  onEachOpenSearch,
} from "../../support/servers/open-search-fixture.ts";
import { printedSummary } from "../../support/asserts/printed-json.ts";
import { vectorCounts } from "../../support/asserts/stored-vectors.ts";

const GOOD = 20;
const BAD = 350;

/** Mapped by somebody else: only a write shows that the time beside the vector is to have another form. */
const MAPPED_BY_OTHERS = {
  log_vector: {
    type: "knn_vector",
    dimension: DIMENSIONS,
    method: { name: "hnsw", engine: "lucene", space_type: "cosinesimil" },
  },
  log_vector_meta: {
    properties: { ...STAMP_PROPERTIES, embedded_at: { type: "date", format: "epoch_second" } },
  },
};

async function twoIndices(t: TestContext, version: OpenSearchVersion) {
  const story = await openBackfillStory(t, { version, logs: { good: errorLogs(GOOD) } });
  const bad = story.index("bad");
  await story.logs.create(bad, {
    mappings: { properties: { ...LOG_PROPERTIES, ...MAPPED_BY_OTHERS } },
  });
  const newer = Array.from({ length: BAD }, (_, i) => errorLog(`Pump ${i} stopped`, 10_000 + i));
  await story.logs.fill(bad, newer);
  const run = async (how: string) => {
    const ended = await story.run([how, "--json"]);
    return { ...ended, summary: printedSummary(ended) };
  };
  return { story, bad, run };
}

await onEachOpenSearch((version) => {
  for (const how of ["--once", "--drain"]) {
    test(`${how}: an index that refuses every vector starves no other, and one text is paid for it`, async (t) => {
      const { story, bad, run } = await twoIndices(t, version);

      const first = await run(how);

      assert.deepEqual(await vectorCounts(story.logs), { [story.index("good")]: GOOD });
      assert.equal(first.summary.embedding.texts, GOOD + 1, first.stderr);
      assert.equal(first.code, 1, first.stderr);
      assert.match(first.stderr, new RegExp(`Index ${bad} takes no updates`));

      const second = await run(how);

      assert.equal(second.summary.embedding.texts, 0, second.stderr);
      assert.equal(second.summary.skipped, BAD);
      assert.equal(second.code, 1, "it holds more than all the others");
      assert.match(second.stderr, /350 records in 1 index that cannot take vectors are skipped/);
    });
  }

  test("an index that is recreated under its name is taken up at once", async (t) => {
    const { story, bad, run } = await twoIndices(t, version);
    await run("--once");
    await story.logs.send("DELETE", `/${bad}`);
    await story.logs.create(bad);
    await story.logs.fill(bad, errorLogs(3));

    const again = await run("--once");

    assert.equal((await vectorCounts(story.logs))[bad], 3, again.stderr);
    assert.equal(again.code, 0, again.stderr);
  });

  test("unfit indices that hold more than the fit ones end a run with 1, and fewer are a warning", async (t) => {
    const story = await openBackfillStory(t, { version, logs: { good: errorLogs(5) } });
    const unfit = async (short: string, records: number) => {
      const vector = { type: "knn_vector", dimension: 8 };
      const method = { name: "hnsw", engine: "lucene", space_type: "cosinesimil" };
      await story.logs.create(story.index(short), {
        mappings: { properties: { ...LOG_PROPERTIES, log_vector: { ...vector, method } } },
      });
      await story.logs.fill(story.index(short), errorLogs(records));
    };
    await unfit("few", 4);
    for (const how of ["--once", "--drain"]) {
      const ended = await story.run([how, "--json"]);
      assert.equal(ended.code, 0, ended.stderr);
      assert.equal(printedSummary(ended).skipped, 4);
      assert.match(
        ended.stderr,
        /WARN .*4 records in 1 index that cannot take vectors are skipped/,
      );
    }
    await unfit("many", 2);
    for (const how of ["--once", "--drain"]) {
      const ended = await story.run([how, "--json"]);
      assert.equal(ended.code, 1, ended.stderr);
      assert.equal(printedSummary(ended).skipped, 6);
      assert.match(
        ended.stderr,
        /6 records in 2 indices .* more than all other indices hold \(5\)/,
      );
    }
  });
});
