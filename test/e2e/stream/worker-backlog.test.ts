import assert from "node:assert/strict";
import { test, type TestContext } from "node:test";
import { eventually } from "../../support/asserts/eventually.ts";
import { errorLogs } from "../../support/servers/open-search-fixture.ts";
import { outcomesOf } from "../../support/asserts/printed-json.ts";
import { runVectorizer, startVectorizer } from "../../support/commands/run-command.ts";
import { eventsOf, stopAndCount } from "../../support/asserts/printed-events.ts";
import { openTailStory, type TailStory } from "../../support/commands/tail-story.ts";

const RECORDS = 1500;

test(
  "BACKFILL_MODE=kafka: one scheduler publishes, two workers finish the backlog, each record once",
  { timeout: 300_000 },
  async (t) => {
    const story = await openTailStory(t, { delayMs: 50 });
    await story.logs.fill(story.index, errorLogs(RECORDS));
    const env = await withTopics(t, story);
    const start = (args: string[]) => startVectorizer(t, args, { env });
    const workers = await Promise.all([start(["worker"]), start(["worker"])]);
    const group = `${story.group}-backfill`;
    for (const worker of workers) await worker.says(/Worker reads \S+ (\d+, ){5}\d+"/);
    const scheduler = await start([]);

    await story.untilVectors(RECORDS);
    await story.untilFinished({ topic: story.kafka.name("backlog"), group });
    const paid = story.embedded();
    assert.deepEqual([paid.length, new Set(paid).size], [RECORDS, RECORDS], "paid twice");
    const versions = [...(await story.versions()).values()];
    assert.deepEqual(new Set(versions), new Set([2]), "a document was written more than once");
    // The scheduler finds nothing more to publish, and nobody makes a vector but the workers.
    const seen = eventsOf(scheduler.printed(), "records-found").length;
    await eventually(() => eventsOf(scheduler.printed(), "records-found").length > seen, t);
    const published = eventsOf(scheduler.printed(), "references-published");
    assert.equal(sumOf(published, "log_vectorizer.published"), RECORDS);
    const tallies = await Promise.all(workers.map((worker) => stopAndCount(worker, "worker")));
    assert.equal(
      tallies.reduce((sum, { outcomes }) => sum + outcomes.updated, 0),
      RECORDS,
    );
    for (const tally of tallies) {
      assert.ok(tally.outcomes.updated > 0, "one worker did everything");
      assert.deepEqual(outcomesOf(tally), { updated: tally.outcomes.updated });
    }
    assert.equal((await stopAndCount(scheduler)).taken, 0);
  },
);

test(
  "of two schedulers one publishes, and when it is killed the other takes over",
  { timeout: 300_000 },
  async (t) => {
    const story = await openTailStory(t);
    await story.logs.fill(story.index, errorLogs(20));
    const env = await withTopics(t, story);
    const worker = await startVectorizer(t, ["worker"], { env });
    await worker.says(/worker-assigned/);
    const leader = await startVectorizer(t, [], { env });
    await leader.says(/This scheduler leads/);
    const other = await startVectorizer(t, [], { env });
    await other.says(/"event.action":"leadership"/);
    await story.untilVectors(20);
    // Leadership may move when another joins; whoever said so last has it.
    const leads = (printed: string) =>
      eventsOf(printed, "leadership").at(-1)?.["log_vectorizer.leads"] === true;
    await eventually(() => leads(leader.printed()) !== leads(other.printed()), t);
    const [first, second] = leads(leader.printed()) ? [leader, other] : [other, leader];
    await second.says(/Another scheduler leads: this one publishes nothing/);

    first.kill("SIGKILL");
    await first.ended;
    const next = story.logs.name("next");
    await story.logs.create(next);
    await story.logs.fill(
      next,
      errorLogs(20).map((log) => ({ ...log, message: `${String(log["message"])} again` })),
    );
    await story.untilVectors(20, next);
    assert.ok(leads(second.printed()), "nobody leads, and yet somebody published");
    const paid = story.embedded();
    assert.deepEqual([paid.length, new Set(paid).size], [40, 40], "paid twice");
    await stopAndCount(second);
    await stopAndCount(worker, "worker");
  },
);

/** What a user does first: check names what is missing, init creates it. */
async function withTopics(t: TestContext, { env, kafka, stub }: TailStory) {
  const all = { ...env, BACKFILL_MODE: "kafka", BACKFILL_SCHEDULE: "*/2 * * * * *" };
  const topic = kafka.name("backlog");
  const before = await runVectorizer(t, ["check"], { env: all });
  assert.equal(before.code, 1, before.stdout);
  for (const name of [topic, `${topic}-leader`]) {
    assert.match(before.stdout, new RegExp(`no topic ${name} \\(KAFKA_BACKFILL_TOPIC\\)`));
  }
  const init = await runVectorizer(t, ["init"], { env: all });
  assert.equal(init.code, 0, init.stdout);
  const after = await runVectorizer(t, ["check"], { env: all });
  assert.equal(after.code, 0, after.stdout);
  assert.match(after.stdout, new RegExp(`${topic} \\(12\\), ${topic}-leader \\(1\\); lag 0`));
  // Each check has a few samples embedded.
  stub.requests.length = 0;
  return all;
}

function sumOf(events: readonly Record<string, unknown>[], field: string): number {
  return events.reduce((sum, event) => sum + Number(event[field]), 0);
}
