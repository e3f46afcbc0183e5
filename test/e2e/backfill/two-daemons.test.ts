import assert from "node:assert/strict";
import { test, type TestContext } from "node:test";
import { openBackfillStory } from "../../support/commands/backfill-story.ts";
import { isBulk } from "../../support/fakes/cycle-points.ts";
import { eventually } from "../../support/asserts/eventually.ts";
import { errorLogs } from "../../support/servers/open-search-fixture.ts";
import { eventsOf } from "../../support/asserts/printed-events.ts";

const RECORDS = 80;
const BATCH = 20;

/** Two of them, on hosts that see nothing of each other, both with the same first batch. */
async function setUp(t: TestContext, env: Record<string, string>) {
  const story = await openBackfillStory(t, {
    logs: { logs: errorLogs(RECORDS) },
    env: { BACKFILL_BATCH_SIZE: String(BATCH), LOG_FORMAT: "json" },
  });
  const hasVectors = async (count: number) => (await story.audit.check()).vectors >= count;
  const [first, second] = [story.openSearch.hold(isBulk), story.openSearch.hold(isBulk)];
  const daemons = await Promise.all(
    [1, 2].map(() => story.daemon({ ...env, STATE_DIR: undefined })),
  );
  await Promise.all([first.arrived, second.arrived]);
  first.release();
  // Side by side each might write some of it, and if that were half nobody would give way.
  await eventually(() => hasVectors(BATCH), t);
  second.release();
  await eventually(() => hasVectors(RECORDS), t);
  for (const daemon of daemons) daemon.kill("SIGTERM");
  for (const { ended } of daemons) assert.equal((await ended).code, 0);
  const counts = { vectors: RECORDS, refused: 0, empty: 0, bare: 0 };
  assert.deepEqual(await story.audit.check(), counts);
  return {
    twice: story.audit.paid().length - RECORDS,
    met: daemons.flatMap((daemon) => eventsOf(daemon.printed(), "overlap-detected")).length,
  };
}

test("two daemons cycle by cycle on one schedule: they pay twice for the batch over which they meet, and meet no more", async (t) => {
  // Half of it must outlast a cycle, or they meet again; that may happen once where the machine is busy.
  const { twice, met } = await setUp(t, { BACKFILL_SCHEDULE: "*/20 * * * * *" });
  assert.ok(met === 1 || met === 2, `they met ${met} times`);
  // Where less than half of a batch is lost nobody gives way: that is no meeting.
  assert.ok(twice < met * BATCH + BATCH / 2, `${twice} texts were paid for twice`);
});

test("two daemons draining on one schedule: they pay twice for the batch over which they meet, and one goes on", async (t) => {
  const once = { BACKFILL_DRAIN: "true", BACKFILL_SCHEDULE: "0 0 1 1 *" };
  // They meet over the one text that goes first where no vector has been taken yet, or over a batch.
  const { twice, met } = await setUp(t, once);
  assert.ok(met <= 1, `they met ${met} times`);
  // An overlap by less than half of a batch beside that is no meeting.
  assert.ok(twice >= 1 && twice < BATCH + BATCH / 2, `${twice} texts were paid for twice`);
});
