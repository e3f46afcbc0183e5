import assert from "node:assert/strict";
import { test, type TestContext } from "node:test";
import { openBackfillStory } from "../../support/commands/backfill-story.ts";
import { eventually } from "../../support/asserts/eventually.ts";
import {
  errorLog,
  LOG_PROPERTIES,
  newestOpenSearch,
} from "../../support/servers/open-search-fixture.ts";
import { outcomesOf } from "../../support/asserts/printed-json.ts";

const RECORDS = 20;
/** The document over which the search of its shard stumbles. */
const BAD = "7";

test("one shard of two fails: the records of the other get their vector, it is reported, and the rest follows once the shard is back", async (t) => {
  const { story, reachable, repair } = await openStory(t);

  const { summary, stderr, code } = await story.once();

  assert.deepEqual(outcomesOf(summary), { updated: reachable });
  assert.equal(code, 1, stderr);
  const told = (what: string) => new RegExp(`WARN {2}.* ${what} in part .*1 of 2 shards failed`);
  assert.match(stderr, told("the counting of records"));
  assert.match(stderr, told("the query for pending records"));
  assert.deepEqual(await counts(story), [reachable, RECORDS - reachable]);
  const status = await story.run(["status"]);
  assert.match(status.stdout, /1 of 2 shards failed/);
  await repair();
  assert.deepEqual(outcomesOf((await story.once()).summary), { updated: RECORDS - reachable });
  assert.deepEqual(await counts(story), [RECORDS, 0]);
  assert.equal(story.audit.paidOnce(), RECORDS);
});

test("one shard of two fails: a drain does not end as if nothing were left", async (t) => {
  const { story, repair } = await openStory(t);

  const drained = await story.run(["--drain", "--json"]);

  const [vectors = 0, bare = 0] = await counts(story);
  assert.ok(bare > 0);
  assert.notEqual(drained.code, 0, `it says that all is well:\n${drained.stderr}`);
  assert.match(drained.stderr, /shard/);
  assert.equal(story.audit.paidOnce(), vectors);
  await repair();
  const again = await story.run(["--drain", "--json"]);
  assert.equal(again.code, 0, again.stderr);
  assert.deepEqual(await counts(story), [RECORDS, 0]);
  assert.equal(story.audit.paidOnce(), RECORDS);
});

test("one shard of two fails: the daemon goes on, and tells of it in each cycle", async (t) => {
  const { story, reachable, repair } = await openStory(t);
  const daemon = await story.daemon();
  await daemon.says(/Cycle #2 summary/);
  assert.deepEqual(await counts(story), [reachable, RECORDS - reachable]);

  await repair();

  await eventually(async () => (await counts(story))[0] === RECORDS, t);
  daemon.kill("SIGTERM");
  assert.equal((await daemon.ended).code, 0);
  assert.equal(story.audit.paidOnce(), RECORDS);
});

type Story = Awaited<ReturnType<typeof openBackfillStory>>;

async function counts({ audit }: Story): Promise<number[]> {
  const { vectors, bare, ...others } = await audit.check();
  assert.deepEqual(others, { refused: 0, empty: 0 });
  return [vectors, bare];
}

/** An index of two shards behind an alias, whose filter cannot be worked out for one of the documents. */
async function openStory(t: TestContext) {
  const fixture = await newestOpenSearch(t);
  const index = fixture.name("tenants");
  const alias = fixture.name("tenant");
  const source = "doc['tenant'].value > 0";
  await fixture.create(index, {
    mappings: { properties: { ...LOG_PROPERTIES, tenant: { type: "integer" } } },
    settings: { number_of_shards: 2 },
    aliases: { [alias]: { filter: { script: { script: { source } } } } },
  });
  const logs = Array.from({ length: RECORDS }, (_, i) => ({
    ...errorLog(`Request ${i} of a tenant failed`, i),
    ...(String(i) === BAD ? {} : { tenant: 1 }),
  }));
  await fixture.fill(index, logs);
  const story = await openBackfillStory(t, {
    logs: {},
    server: fixture,
    env: { OPENSEARCH_INDEX_PATTERN: alias },
  });
  const { count } = await fixture.send("POST", `/${alias}/_count`);
  return {
    story,
    reachable: Number(count),
    async repair() {
      const path = `/${index}/_update/${BAD}?refresh=true`;
      await fixture.send("POST", path, { doc: { tenant: 1 } });
      await story.audit.takeStock();
    },
  };
}
