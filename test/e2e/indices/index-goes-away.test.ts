import assert from "node:assert/strict";
import { describe, test, type TestContext } from "node:test";
import { openBackfillStory } from "../../support/commands/backfill-story.ts";
import { beforeBulk, isLook, type Which } from "../../support/fakes/cycle-points.ts";
import { errorLog } from "../../support/servers/open-search-fixture.ts";
import { outcomesOf, printedSummary } from "../../support/asserts/printed-json.ts";
import { startVectorizer } from "../../support/commands/run-command.ts";

const PER_INDEX = 5;
const logsOf = (name: string) =>
  Array.from({ length: PER_INDEX }, (_, i) => errorLog(`${name}: request ${i} failed`, i));

type Story = Awaited<ReturnType<typeof openStory>>;

describe("an index goes away in mid-cycle", () => {
  for (const [where, whichOf] of [
    ["before the look", () => isLook],
    ["before the bulk", beforeBulk],
  ] as const) {
    test(`deleted ${where}: its records are missing, the others go on, and it is not created again`, async (t) => {
      const story = await openStory(t);

      const ended = await story.meanwhile(whichOf(), async () => {
        await story.logs.send("DELETE", `/${story.index("other")}`);
        await story.audit.takeStock();
      });

      assert.deepEqual(ended.outcomes, { updated: PER_INDEX, missing: PER_INDEX });
      assert.equal(ended.code, 0);
      assert.equal((await story.audit.check()).vectors, PER_INDEX);
      assert.equal(story.audit.paidOnce(), where === "before the look" ? PER_INDEX : 2 * PER_INDEX);
    });

    test(`closed ${where}: its records are deferred, the others go on, and it is done once it is open`, async (t) => {
      const story = await openStory(t);
      const other = story.index("other");

      const ended = await story.meanwhile(whichOf(), async () => {
        await story.logs.send("POST", `/${other}/_close`);
        await story.audit.takeStock();
      });

      assert.deepEqual(ended.outcomes, { updated: PER_INDEX, deferred: PER_INDEX });
      assert.equal(ended.code, 1);
      assert.match(ended.stderr, /closed/);
      assert.equal((await story.audit.check()).vectors, PER_INDEX);
      if (where === "before the look")
        assert.equal(story.audit.paidOnce(), PER_INDEX, "paid in vain");
      await reopened(story, other);
    });
  }

  test("a data stream rolls over before the bulk: its records get their vector where they are", async (t) => {
    const story = await openStory(t);
    const stream = story.index("stream");
    await createStream(story, stream);
    await story.audit.takeStock();

    const ended = await story.meanwhile(beforeBulk(), async () => {
      await story.logs.send("POST", `/${stream}/_rollover`);
      await story.logs.send(
        "POST",
        `/${stream}/_doc?refresh=true`,
        errorLog("stream: the next", 9),
      );
      await story.audit.takeStock();
    });

    assert.deepEqual(ended.outcomes, { updated: 3 * PER_INDEX });
    assert.deepEqual(outcomesOf((await story.once()).summary), { updated: 1 });
    const counts = { vectors: 3 * PER_INDEX + 1, refused: 0, empty: 0, bare: 0 };
    assert.deepEqual(await story.audit.check(), counts);
    assert.equal(story.audit.paidOnce(), 3 * PER_INDEX + 1);
  });
});

async function openStory(t: TestContext) {
  const story = await openBackfillStory(t, {
    logs: { logs: logsOf("logs"), other: logsOf("other") },
  });
  return {
    ...story,
    /** Runs one cycle and does something while such a request of it is held up. */
    async meanwhile(which: Which, act: () => Promise<void>) {
      const hold = story.openSearch.hold(which);
      const running = await startVectorizer(t, ["--once", "--json"], { env: story.env });
      await hold.arrived;
      await act();
      hold.release();
      const ended = await running.ended;
      return { ...ended, outcomes: outcomesOf(printedSummary(ended)) };
    },
  };
}

async function reopened(story: Story, index: string): Promise<void> {
  await story.logs.send("POST", `/${index}/_open?wait_for_active_shards=1`);
  await story.audit.takeStock();
  // The vector that was refused with the index closed is paid for already.
  const { updated = 0, reused = 0 } = outcomesOf((await story.once()).summary);
  assert.equal(updated + reused, PER_INDEX);
  const counts = { vectors: 2 * PER_INDEX, refused: 0, empty: 0, bare: 0 };
  assert.deepEqual(await story.audit.check(), counts);
}

/** One whose backing indices have the mapping from the start. */
async function createStream({ logs }: Story, name: string): Promise<void> {
  await logs.send("PUT", `/_index_template/${name}`, {
    index_patterns: [name],
    data_stream: {},
    priority: 500,
    template: { settings: { index: { knn: true, number_of_replicas: 0 } } },
  });
  await logs.send("PUT", `/_data_stream/${name}`);
  await logs.fill(name, logsOf("stream"));
}
