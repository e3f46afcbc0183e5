import assert from "node:assert/strict";
import { test } from "node:test";
import { openBackfillStory } from "../../support/commands/backfill-story.ts";
import type { ItemAnswer } from "../../support/servers/bulk-items.ts";
import { isBulk } from "../../support/fakes/cycle-points.ts";
import { eventually } from "../../support/asserts/eventually.ts";
import { errorLog } from "../../support/servers/open-search-fixture.ts";
import { eventsOf } from "../../support/asserts/printed-events.ts";
import { readSummary } from "../../support/asserts/printed-json.ts";

const refusal = (status: number, type: string, reason: string): ItemAnswer => ({
  status,
  error: { type, reason },
});

/** By id; the others are carried out. */
const SAID: Record<string, ItemAnswer> = {
  2: refusal(404, "document_missing_exception", "[2]: document missing"),
  3: refusal(409, "version_conflict_engine_exception", "[3]: version conflict"),
  4: refusal(429, "opensearch_rejected_execution_exception", "rejected execution of coordinating"),
  5: refusal(403, "cluster_block_exception", "index [x] blocked by: [FORBIDDEN/8/index write];"),
  6: refusal(400, "mapper_parsing_exception", "failed to parse field [request.size]"),
  7: refusal(403, "security_exception", "no permissions for [indices:data/write/update]"),
  8: refusal(
    429,
    "cluster_block_exception",
    "blocked by: [TOO_MANY_REQUESTS/12/disk usage exceeded]",
  ),
};
const RECORDS = 12;
const unwritable = "Mapping conflict in the document itself";

test(
  "a bulk answer of 200, 404, 409, 429, 403 and 400: each record ends right, and none is paid for twice",
  { timeout: 300_000 },
  async (t) => {
    const texts = Array.from({ length: RECORDS }, (_, i) =>
      i === 6 ? unwritable : `Failure ${i}`,
    );
    const story = await openBackfillStory(t, {
      logs: { logs: texts.map((text, i) => errorLog(text, i)) },
      poison: (message) => message === unwritable,
      env: { LOG_FORMAT: "json" },
    });
    // It is the document that refuses its vector, not the embedder its text.
    story.stub.setFault(null);
    story.openSearch.fail(isBulk, { kind: "items", answers: ({ id }) => SAID[id] }, { next: 1 });

    const daemon = await story.daemon();
    await eventually(() => eventsOf(daemon.printed(), "cycle-ended").length >= 1, t);
    const [first] = eventsOf(daemon.printed(), "cycle-ended");
    const { taken, outcomes } = readSummary(first?.["log_vectorizer.summary"]);
    assert.equal(taken, RECORDS);
    const { updated, missing, conflicted, quarantined, deferred, ...others } = outcomes;
    // A refusal for lack of threads passes within the cycle, the others last for it.
    assert.deepEqual([updated, missing, conflicted], [6, 1, 1], daemon.printed());
    assert.deepEqual([quarantined, deferred], [1, 3], daemon.printed());
    assert.deepEqual(others, { reused: 0, already_vectorized: 0, empty: 0 });

    await eventually(async () => (await story.audit.check()).vectors === RECORDS - 1, t);
    const counts = { vectors: RECORDS - 1, refused: 1, empty: 0, bare: 0 };
    assert.deepEqual(await story.audit.check(), counts);
    assert.equal(story.audit.paidOnce(), RECORDS);
    daemon.kill("SIGTERM");
    assert.equal((await daemon.ended).code, 0);
  },
);
