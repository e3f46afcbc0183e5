import assert from "node:assert/strict";
import { test, type TestContext } from "node:test";
import { openBackfillStory } from "../../support/commands/backfill-story.ts";
import { eventually } from "../../support/asserts/eventually.ts";
import { errorLogs } from "../../support/servers/open-search-fixture.ts";
import { runVectorizer, startVectorizer } from "../../support/commands/run-command.ts";
import { freshLogs, openTailStory } from "../../support/commands/tail-story.ts";
import { NO_TERMINAL, startInTerminal, type InTerminal } from "../../support/commands/terminal.ts";

const WAYS = ["nohup", "setsid"] as const;
const RECORDS = 12;
const options = { skip: NO_TERMINAL, timeout: 120_000 };

/** Closes its terminal and, where that sends it the signal, waits until it has heard that. */
async function closeUnder(t: TestContext, process: InTerminal, how: (typeof WAYS)[number]) {
  await process.closeTerminal();
  if (how === "setsid") return;
  const heard = async () => (await process.log()).includes("SIGHUP: log file");
  await eventually(async () => !process.isAlive() || (await heard()), t);
  assert.match(await process.log(), /SIGHUP: log file \S+ was reopened/);
}

/** Stops it as systemd does, and waits for the end. */
async function stop(t: TestContext, process: InTerminal): Promise<void> {
  globalThis.process.kill(process.pid, "SIGTERM");
  await eventually(() => !process.isAlive(), t);
}

for (const how of WAYS) {
  test(
    `${how}: the terminal is closed under a daemon, which goes on with its cycles`,
    options,
    async (t) => {
      const story = await openBackfillStory(t, { logs: { logs: errorLogs(RECORDS) } });
      const env = { ...story.env, BACKFILL_SCHEDULE: "*/2 * * * * *" };
      const daemon = await startInTerminal(t, how, [], env);
      await eventually(async () => (await daemon.log()).includes("Cycle #1 summary"), t);

      await closeUnder(t, daemon, how);
      const cycles = async () => (await daemon.log()).match(/summary: /g)?.length ?? 0;
      const before = await cycles();

      await eventually(async () => (await cycles()) > before + 1, t);
      await stop(t, daemon);
      assert.match(await daemon.log(), /Stopped\n$/);
      assert.equal(story.audit.paidOnce(), RECORDS);
    },
  );

  test(
    `${how}: the terminal is closed under a drain, which finishes its backlog`,
    options,
    async (t) => {
      const story = await openBackfillStory(t, {
        logs: { logs: errorLogs(RECORDS) },
        delayMs: 1000,
      });
      const env = { ...story.env, BACKFILL_BATCH_SIZE: "4" };
      const drain = await startInTerminal(t, how, ["--drain"], env);
      await eventually(() => story.stub.requests.length > 0, t);

      await closeUnder(t, drain, how);

      await eventually(() => !drain.isAlive(), t);
      assert.match(await drain.log(), new RegExp(`vectors ${RECORDS} `));
      assert.equal((await story.audit.check()).vectors, RECORDS);
      assert.equal(story.audit.paidOnce(), RECORDS);
    },
  );

  test(`${how}: the terminal is closed under a tail, which goes on reading`, options, async (t) => {
    const story = await openTailStory(t);
    const tail = await startInTerminal(t, how, ["tail"], story.env);
    await eventually(async () => (await tail.log()).includes("tail-assigned"), t);

    await closeUnder(t, tail, how);
    const logs = freshLogs("after", RECORDS);
    await story.store(logs);
    await story.send(logs);

    await story.untilVectors(RECORDS);
    await stop(t, tail);
  });

  test(
    `${how}: the terminal is closed under a worker, which goes on working`,
    options,
    async (t) => {
      const story = await openTailStory(t);
      const env = { ...story.env, BACKFILL_MODE: "kafka", BACKFILL_SCHEDULE: "*/2 * * * * *" };
      const init = await runVectorizer(t, ["init"], { env });
      assert.equal(init.code, 0, init.stdout);
      const worker = await startInTerminal(t, how, ["worker"], env);
      await eventually(async () => (await worker.log()).includes("worker-assigned"), t);

      await closeUnder(t, worker, how);
      await story.logs.fill(story.index, errorLogs(RECORDS));
      await startVectorizer(t, [], { env });

      await story.untilVectors(RECORDS);
      await stop(t, worker);
    },
  );
}
