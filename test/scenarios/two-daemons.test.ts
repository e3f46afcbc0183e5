import assert from "node:assert/strict";
import { test } from "node:test";
import { openBackfillStory } from "../support/backfill-story.ts";
import { eventually } from "../support/eventually.ts";
import { errorLogs } from "../support/open-search-fixture.ts";

const RECORDS = 80;
const BATCH = 20;
/** Half of it must outlast what either has to do at one wake-up, or they would meet again at once. */
const SCHEDULE = "*/10 * * * * *";

for (const [what, env] of [
  ["cycle by cycle", {}],
  ["draining", { BACKFILL_DRAIN: "true" }],
] as const) {
  test(`two daemons ${what} on one schedule: they pay twice for the batch over which they meet, and for no other`, async (t) => {
    const story = await openBackfillStory(t, {
      logs: { logs: errorLogs(RECORDS) },
      delayMs: 300,
      env: { BACKFILL_BATCH_SIZE: String(BATCH), ...env },
    });
    // Of two hosts neither sees what the other keeps.
    const daemons = await Promise.all(
      [1, 2].map(() => story.daemon({ STATE_DIR: undefined, BACKFILL_SCHEDULE: SCHEDULE })),
    );

    await eventually(async () => (await story.audit.check()).vectors === RECORDS, t);
    for (const daemon of daemons) daemon.kill("SIGTERM");
    for (const { ended } of daemons) assert.equal((await ended).code, 0);

    const twice = story.audit.paid().length - RECORDS;
    assert.ok(twice <= BATCH, `${twice} texts were paid for twice`);
    const counts = { vectors: RECORDS, refused: 0, empty: 0, bare: 0 };
    assert.deepEqual(await story.audit.check(), counts);
  });
}
