import assert from "node:assert/strict";
import { describe, test, type TestContext } from "node:test";
import { openBackfillStory } from "../../support/commands/backfill-story.ts";
import { beforeBulk, isLook, type Which } from "../../support/fakes/cycle-points.ts";
import { errorLogs } from "../../support/servers/open-search-fixture.ts";
import { outcomesOf, printedSummary } from "../../support/asserts/printed-json.ts";
import { startVectorizer } from "../../support/commands/run-command.ts";

const RECORDS = 6;
/** The ids of the documents that somebody else is at. */
const CHANGED = ["0", "1"];
const NEW = "Quite another failure of request";

type Json = Record<string, unknown>;

describe("a document that somebody else is at between the search and the write", () => {
  test("its text changed before the look: the new text is embedded, and only that", async (t) => {
    const { meanwhile, update, story } = await openStory(t);

    const { outcomes } = await meanwhile(isLook, () =>
      update((id) => ({ message: `${NEW} ${id}` })),
    );

    assert.deepEqual(outcomes, { updated: RECORDS });
    assert.equal(story.audit.paidOnce(), RECORDS);
    await allRight(story);
  });

  test("its text changed after it was embedded: the vector of the old one is never written", async (t) => {
    const { meanwhile, update, story } = await openStory(t);

    const { outcomes } = await meanwhile(beforeBulk(), () =>
      update((id) => ({ message: `${NEW} ${id}` })),
    );

    const changed = CHANGED.length;
    assert.deepEqual(outcomes, { updated: RECORDS - changed, conflicted: changed });
    assert.equal((await story.audit.check()).bare, changed);
    assert.deepEqual(outcomesOf((await story.once()).summary), { updated: changed });
    assert.equal(story.audit.paidOnce(), RECORDS + changed);
    await allRight(story);
  });

  test("another field changed after it was embedded: its text is not paid for again", async (t) => {
    const { meanwhile, update, story } = await openStory(t);

    await meanwhile(beforeBulk(), () => update(() => ({ level: "error", seen: true })));

    await story.once();
    assert.equal(story.audit.paidOnce(), RECORDS);
    await allRight(story);
  });

  for (const [where, whichOf, paid] of [
    ["before the look", () => isLook, RECORDS - CHANGED.length],
    ["after it was embedded", beforeBulk, RECORDS],
  ] as const) {
    test(`it is deleted ${where}: it is missing, and does not come back`, async (t) => {
      const { meanwhile, story } = await openStory(t);
      const index = story.index();

      const { outcomes } = await meanwhile(whichOf(), async () => {
        for (const id of CHANGED) await story.logs.send("DELETE", `/${index}/_doc/${id}`);
      });

      const missing = CHANGED.length;
      assert.deepEqual(outcomes, { updated: RECORDS - missing, missing });
      assert.equal(story.audit.paidOnce(), paid);
      const gone = CHANGED.map((id) => `${index}/${id}`);
      assert.equal((await story.audit.check({ gone })).vectors, RECORDS - missing);
    });
  }

  test("it is deleted and indexed again with another text: it never gets the old one's vector", async (t) => {
    const { meanwhile, story } = await openStory(t);
    const index = story.index();

    await meanwhile(beforeBulk(), async () => {
      for (const id of CHANGED) {
        const [, { source = {} } = {}] =
          [...(await story.logs.documents(index))].find(([key]) => key === `${index}/${id}`) ?? [];
        await story.logs.send("DELETE", `/${index}/_doc/${id}`);
        await story.logs.send("PUT", `/${index}/_doc/${id}`, {
          ...source,
          message: `${NEW} ${id}`,
        });
      }
      await story.audit.takeStock();
    });

    await story.once();
    assert.equal(story.audit.paidOnce(), RECORDS + CHANGED.length);
    await allRight(story);
  });
});

async function openStory(t: TestContext) {
  const story = await openBackfillStory(t, { logs: { logs: errorLogs(RECORDS) } });
  const { logs, openSearch, audit, env } = story;
  return {
    story,
    /** What somebody else writes into the documents, which stands from then on. */
    async update(change: (id: string) => Json) {
      for (const id of CHANGED) {
        await logs.send("POST", `/${story.index()}/_update/${id}`, { doc: change(id) });
      }
      await audit.takeStock();
    },
    /** Runs one cycle and does something while such a request of it is held up. */
    async meanwhile(which: Which, act: () => Promise<void>) {
      const hold = openSearch.hold(which);
      const running = await startVectorizer(t, ["--once", "--json"], { env });
      await hold.arrived;
      await act();
      hold.release();
      const ended = await running.ended;
      assert.equal(ended.code, 0, ended.stderr);
      return { outcomes: outcomesOf(printedSummary(ended)) };
    },
  };
}

async function allRight({ audit }: Awaited<ReturnType<typeof openBackfillStory>>): Promise<void> {
  const counts = { vectors: RECORDS, refused: 0, empty: 0, bare: 0 };
  assert.deepEqual(await audit.check(), counts);
}
