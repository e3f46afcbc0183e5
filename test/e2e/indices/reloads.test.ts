import assert from "node:assert/strict";
import { test, type TestContext } from "node:test";
import { z } from "zod";
import {
  startOpenSearch,
  type OpenSearchVersion,
} from "../../../scripts/local-servers/opensearch.ts";
import { openBackfillStory, type BackfillStory } from "../../support/commands/backfill-story.ts";
import {
  errorLogs,
  fixtureAt,
  onEachOpenSearch,
} from "../../support/servers/open-search-fixture.ts";
import { eventsOf } from "../../support/asserts/printed-events.ts";
import { outcomesOf, printedJson, printedSummary } from "../../support/asserts/printed-json.ts";
import { temporaryFolder } from "../../support/commands/run-command.ts";
import { textsWithVector } from "../../support/asserts/stored-vectors.ts";

const RECORDS = Number(process.env["RELOADED_RECORDS"] ?? 400);
const LOADS = 3;

type Reload = (story: BackfillStory) => Promise<void>;

/** What a job of its owner does every night: the same ids, the same texts. */
const RELOADS: [string, Reload][] = [
  [
    "deleted and made anew under its name",
    async ({ logs, index }) => {
      await logs.send("DELETE", `/${index()}`);
      await logs.create(index());
      await logs.fill(index(), errorLogs(RECORDS));
    },
  ],
  [
    "emptied by its owner and filled again",
    async ({ logs, index }) => {
      await logs.send("POST", `/${index()}/_delete_by_query?refresh=true`, {
        query: { match_all: {} },
      });
      await logs.fill(index(), errorLogs(RECORDS));
    },
  ],
];
const SNAPSHOT_RELOADS: [string, Reload][] = [
  [
    "deleted and restored from a snapshot",
    async ({ logs, index }) => {
      await logs.send("DELETE", `/${index()}`);
      await restore(logs, index());
    },
  ],
  [
    "closed and restored in place from a snapshot",
    async ({ logs, index }) => {
      await logs.send("POST", `/${index()}/_close`);
      await restore(logs, index());
    },
  ],
];

await onEachOpenSearch((version) => {
  for (const [what, reload] of RELOADS) {
    test(`an index that is ${what} gets all its vectors each time`, async (t) => {
      const story = await openStory(t, { version });
      await loadedAgain(story, reload);
    });
  }

  test("a recreated index is given the vectors that its texts have elsewhere, for nothing", async (t) => {
    const story = await openStory(t, { version });
    await story.logs.create(story.index("archive"));
    await story.logs.fill(story.index("archive"), errorLogs(RECORDS));
    const [, reload] = RELOADS[0] ?? assert.fail();

    for (let load = 1; load <= LOADS; load++) {
      if (load > 1) await reload(story);
      const { code, summary, stderr } = await drain(story);
      assert.equal(code, 0, stderr);
      const already = load === 1 ? { updated: RECORDS, reused: RECORDS } : { reused: RECORDS };
      assert.deepEqual(outcomesOf(summary), already);
      await wholeAgain(story);
    }
    assert.equal(story.audit.paidOnce(), RECORDS);
  });

  test("snapshots", async (t) => {
    const folder = await temporaryFolder(t);
    const { url, stop } = await startOpenSearch({ version, settings: { "path.repo": folder } });
    t.after(stop);
    for (const [what, reload] of SNAPSHOT_RELOADS) {
      await t.test(`an index that is ${what} gets all its vectors each time`, async (inner) => {
        const server = fixtureAt(url, version);
        const story = await openStory(inner, { server });
        const { logs, index } = story;
        await logs.send("PUT", `/_snapshot/${logs.name("repository")}`, {
          type: "fs",
          settings: { location: logs.name("repository") },
        });
        await logs.send("PUT", `${snapshotOf(logs)}?wait_for_completion=true`, {
          indices: index(),
          include_global_state: false,
        });
        await loadedAgain(story, reload);
        await logs.send("DELETE", `/${index()}`);
      });
    }
  });

  test("a document that is always stored without its vector is a loop: told, counted, and left", async (t) => {
    const story = await openStory(t, { version });
    const { logs, index } = story;
    /** As by an owner's script or pipeline that keeps the fields that it knows. */
    const strip = () =>
      logs.send("POST", `/${index()}/_update_by_query?refresh=true`, {
        query: { ids: { values: ["7"] } },
        script: "ctx._source.keySet().removeIf(name -> name.startsWith('log_vector'))",
      });

    for (let run = 1; run <= 2; run++) {
      const { code, stderr } = await drain(story);
      assert.equal(code, 0, stderr);
      await strip();
    }
    const caught = await drain(story);
    assert.equal(caught.code, 1, caught.stderr);
    assert.deepEqual(outcomesOf(caught.summary), { quarantined: 1 });
    const { looping, backlog } = caught.summary;
    assert.deepEqual({ looping, backlog }, { looping: 1, backlog: 1 });
    const [told, ...more] = eventsOf(caught.stderr, "record-quarantined");
    assert.match(told?.message ?? "", /_logs\/7 .* is gone each time/);
    assert.deepEqual(more, []);

    const paid = story.stub.requests.length;
    const after = await drain(story);
    assert.equal(after.code, 1, "what is left without a vector is no success");
    assert.deepEqual([after.summary.taken, after.summary.backlog], [0, 1]);
    assert.equal(story.stub.requests.length, paid, "it was paid for again");
    assert.deepEqual(await loopsListed(story), [{ index: index(), records: 1 }]);
    const list = await story.run(["quarantine", "list"]);
    assert.match(list.stdout, new RegExp(`^${index()} +1 +7 +its vector was written`, "m"));
    assert.equal((await textsWithVector(logs, index())).length, RECORDS - 1);
  });

  test("a few documents of one index that lose their vectors are told in one line, with their number", async (t) => {
    const story = await openStory(t, { version });
    const { logs, index } = story;
    const ids = ["3", "5", "8"];
    const store = async () => {
      const sources = errorLogs(RECORDS);
      for (const id of ids) {
        await logs.send("PUT", `/${index()}/_doc/${id}?refresh=true`, sources[Number(id)]);
      }
    };
    for (let run = 1; run <= 2; run++) {
      await drain(story);
      await store();
    }
    const caught = await drain(story);
    assert.equal(caught.code, 1, caught.stderr);
    const told = eventsOf(caught.stderr, "records-looping");
    assert.equal(told.length, 1, caught.stderr);
    assert.match(told[0]?.message ?? "", new RegExp(`^3 records of ${index()} are quarantined`));
    assert.deepEqual(await loopsListed(story), [{ index: index(), records: 3 }]);
    assert.equal((await story.run(["--once"])).code, 1);
    assert.equal((await story.run(["quarantine", "retry", "--all"])).code, 0);
    const { code, stderr } = await drain(story);
    assert.equal(code, 0, stderr);
    await wholeAgain(story);
  });
});

type Options = { version: OpenSearchVersion } | { server: ReturnType<typeof fixtureAt> };

function openStory(t: TestContext, where: Options): Promise<BackfillStory> {
  return openBackfillStory(t, {
    ...where,
    logs: { logs: errorLogs(RECORDS) },
    env: { LOG_FORMAT: "json", EMBEDDING_PRICE_PER_MILLION_TOKENS: "0.13" },
  });
}

/** A process of its own, as a timer starts it. */
async function drain(story: BackfillStory) {
  const ended = await story.run(["--drain", "--json"]);
  return { ...ended, summary: printedSummary(ended) };
}

/** Loads it several times within a day; what it costs is each text once a load, told in one line. */
async function loadedAgain(story: BackfillStory, reload: Reload): Promise<void> {
  for (let load = 1; load <= LOADS; load++) {
    if (load > 1) await reload(story);
    const paidBefore = story.audit.paid().length;
    const { code, stderr, summary } = await drain(story);
    assert.equal(code, 0, stderr);
    assert.deepEqual(outcomesOf(summary), { updated: RECORDS }, stderr);
    assert.deepEqual([summary.backlog, summary.looping], [0, 0]);
    const paid = story.audit.paid().slice(paidBefore);
    assert.deepEqual([paid.length, new Set(paid).size], [RECORDS, RECORDS]);

    const told = eventsOf(stderr, "index-reloaded");
    assert.equal(told.length, load === 1 ? 0 : 1, stderr);
    for (const { message } of told) {
      assert.match(message, new RegExp(`${story.index()} was reloaded: ${RECORDS} records .*\\$`));
    }
    await wholeAgain(story);
  }
  assert.deepEqual(await loopsListed(story), []);
}

async function wholeAgain({ logs, index }: BackfillStory): Promise<void> {
  assert.equal((await textsWithVector(logs, index())).length, RECORDS);
}

const listShape = z.looseObject({
  groups: z.array(z.looseObject({ index: z.string(), records: z.number(), why: z.string() })),
});

async function loopsListed(story: BackfillStory) {
  const list = await story.run(["quarantine", "list", "--json"]);
  const { groups } = printedJson(list, listShape);
  return groups.map(({ index, records }) => ({ index, records }));
}

type Logs = BackfillStory["logs"];

const snapshotOf = (logs: Logs) => `/_snapshot/${logs.name("repository")}/${logs.name("nightly")}`;

async function restore(logs: Logs, index: string): Promise<void> {
  await logs.send("POST", `${snapshotOf(logs)}/_restore?wait_for_completion=true`, {
    indices: index,
    include_global_state: false,
  });
}
