import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { z } from "zod";
import { openBackfillStory } from "../../support/commands/backfill-story.ts";
import { errorLog } from "../../support/servers/open-search-fixture.ts";
import { outcomesOf } from "../../support/asserts/printed-json.ts";

const HOUR_MS = 3_600_000;
/** One that changes to summer time, and one where it is always tomorrow. */
const ZONES = ["Europe/Berlin", "Pacific/Kiritimati"];

describe("a machine stands in another time zone", { concurrency: 2 }, () => {
  for (const TZ of ZONES) {
    test(`${TZ}: times are in UTC, the schedule is, and a refused record waits its hour`, async (t) => {
      const story = await openBackfillStory(t, {
        logs: { logs: [errorLog("Disk full"), errorLog("Poison", 1)] },
        poison: (message) => message === "Poison",
        env: { TZ },
      });
      const startedAt = Date.now();
      const daemon = await story.daemon({ BACKFILL_SCHEDULE: "30 2 * * *" });
      await daemon.says(/Cycle #1 summary: .* next run .*02:30:00 UTC/);
      daemon.kill("SIGTERM");
      const { stdout } = await daemon.ended;
      for (const [time] of stdout.matchAll(/^\d{4}-\S+Z/gm)) assertNow(time, startedAt);

      const { good, poison } = await metas(story);
      assertNow(good["embedded_at"], startedAt);
      const nextTry = Date.parse(String(poison["next_try"]));
      assertNow(new Date(nextTry - HOUR_MS).toISOString(), startedAt);

      // In another zone it is due no sooner, and no later.
      const elsewhere = { TZ: "Etc/GMT+12" };
      assert.equal((await story.once(elsewhere)).summary.taken, 0);
      await setNextTry(story, Date.now() - 1000);
      assert.deepEqual(outcomesOf((await story.once(elsewhere)).summary), { quarantined: 1 });
      const counts = { vectors: 1, refused: 1, empty: 0, bare: 0 };
      assert.deepEqual(await story.audit.check(), counts);
    });
  }
});

type Story = Awaited<ReturnType<typeof openBackfillStory>>;

function assertNow(time: unknown, startedAt: number): void {
  const ms = Date.parse(z.string().endsWith("Z").parse(time));
  // To the second, as people read it.
  assert.ok(ms >= startedAt - 1000 && ms <= Date.now(), `${String(time)} is not now`);
}

const metaShape = z.record(z.string(), z.unknown());

async function metas({ logs, index }: Story) {
  const documents = await logs.documents(index());
  const metaOf = (id: string) =>
    metaShape.parse(documents.get(`${index()}/${id}`)?.source["log_vector_meta"]);
  return { good: metaOf("0"), poison: metaOf("1") };
}

async function setNextTry({ logs, index }: Story, at: number): Promise<void> {
  const meta = { next_try: new Date(at).toISOString() };
  const doc = { log_vector_meta: meta };
  await logs.send("POST", `/${index()}/_update/1?refresh=true`, { doc });
}
