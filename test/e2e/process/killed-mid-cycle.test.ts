import assert from "node:assert/strict";
import { describe, test, type TestContext } from "node:test";
import { openBackfillStory } from "../../support/commands/backfill-story.ts";
import { CYCLE_POINTS, REQUESTS } from "../../support/fakes/cycle-points.ts";
import { startOpenSearchFaults } from "../../support/servers/open-search-faults.ts";
import { errorLogs } from "../../support/servers/open-search-fixture.ts";
import { withinGrace } from "../../support/asserts/within-grace.ts";

const PER_REQUEST = 10;
const RECORDS = REQUESTS * PER_REQUEST;

// Mostly they wait for processes to start.
describe("a cycle that is ended", { concurrency: 2 }, () => {
  for (const [where, holdAt] of Object.entries(CYCLE_POINTS)) {
    test(`SIGTERM ${where}: what was paid for is written, and the next run does the rest`, (t) =>
      withinGrace(async (stop) => {
        const { story, embedder } = await openStory(t);
        const hold = holdAt({ openSearch: story.openSearch, embedder });
        const daemon = await story.daemon({ BACKFILL_SCHEDULE: "0 0 1 1 *" });
        await hold.arrived;

        stop(daemon);
        await daemon.says(/finishing the work in progress/);
        hold.release();
        const ended = await daemon.ended;

        assert.equal(ended.code, 0, ended.stdout);
        const { vectors } = await story.audit.check();
        assert.equal(vectors, story.audit.paid().length, "paid in vain");
        await story.once();
        const counts = { vectors: RECORDS, refused: 0, empty: 0, bare: 0 };
        assert.deepEqual(await story.audit.check(), counts);
        assert.equal(story.audit.paidOnce(), RECORDS);
      }));

    test(`SIGKILL ${where}: the next run finishes, and pays again for what was in flight at most`, async (t) => {
      const { story, embedder } = await openStory(t);
      const hold = holdAt({ openSearch: story.openSearch, embedder });
      const daemon = await story.daemon({ BACKFILL_SCHEDULE: "0 0 1 1 *" });
      await hold.arrived;

      daemon.kill("SIGKILL");
      assert.equal((await daemon.ended).signal, "SIGKILL");
      embedder.clear();
      const inFlight = inFlightTogether(story.stub.requests);
      await story.once();

      const counts = { vectors: RECORDS, refused: 0, empty: 0, bare: 0 };
      assert.deepEqual(await story.audit.check(), counts);
      const twice = paidAgain(story.audit.paid());
      assert.deepEqual(
        twice.filter((text) => !inFlight.includes(text)),
        [],
        "paid for twice",
      );
    });
  }
});

/** Faults on demand before the embedder too. */
async function openStory(t: TestContext) {
  const story = await openBackfillStory(t, {
    logs: { logs: errorLogs(RECORDS) },
    env: { EMBEDDING_MAX_TEXTS_PER_REQUEST: String(PER_REQUEST) },
  });
  // Search sees only what was refreshed: what the next run must not pay for again is hidden from it.
  const { logs } = story;
  await logs.send("PUT", `/${story.index()}/_settings`, { "index.refresh_interval": "-1" });
  const embedder = await startOpenSearchFaults(t, story.stub.url);
  story.env["OPENAI_BASE_URL"] = `${embedder.url}/v1`;
  return { story, embedder };
}

/** The first request goes alone, and its vectors are written before the others go side by side. */
function inFlightTogether([alone, ...others]: readonly { answered: string[] }[]): string[] {
  return (others.length > 0 ? others : [alone]).flatMap((request) => request?.answered ?? []);
}

/** Texts that were paid for before. */
function paidAgain(paid: readonly string[]): string[] {
  return paid.filter((text, i) => paid.indexOf(text) < i);
}
