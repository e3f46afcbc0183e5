import assert from "node:assert/strict";
import { test, type TestContext } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { eventually } from "../../../support/asserts/eventually.ts";
import { startOwnBroker } from "../../../support/servers/own-broker.ts";
import { eventsOf, tallyOf } from "../../../support/asserts/printed-events.ts";
import {
  freshLogs,
  olderLogs,
  openTailStory,
  textsOf,
  type FreshLog,
  type TailStory,
} from "../../../support/commands/tail-story.ts";
import { stoppedInTime, withinGrace } from "../../../support/asserts/within-grace.ts";

const LOGS = 600;
const PORTION = 20;
const BACKLOG = 10;

test(
  "the broker is restarted under load: the backfill goes on meanwhile, and the tail by itself afterwards",
  { timeout: 600_000 },
  (t) =>
    withinGrace(async (stop) => {
      const broker = await startOwnBroker(t);
      const story = await openTailStory(t, { broker: broker.address, partitions: 3 });
      const [backlog, later] = [story.logs.name("old"), story.logs.name("older")];
      for (const index of [backlog, later]) await story.logs.create(index);
      const daemon = await story.tail({ BACKFILL_SCHEDULE: "*/2 * * * * *" }, []);
      const logs = freshLogs("load", LOGS);
      const sending = sendAll(t, story, logs);
      await eventually(async () => (await story.vectors()).length > 2 * PORTION, t);

      await broker.stop();
      await daemon.says(/tail-source-lost/);
      await story.store(olderLogs("while it is down", BACKLOG), backlog);
      await story.untilVectors(BACKLOG, backlog);
      await broker.start();

      await sending;
      await story.untilVectors(LOGS);
      await story.untilFinished();
      assert.deepEqual(await story.vectors(), textsOf(logs));
      const [lost, ...more] = eventsOf(daemon.printed(), "tail-source-lost");
      assert.deepEqual(more, [], "said more than once");
      assert.match(lost?.message ?? "", /^Tail: Kafka at .*then until it works$/);
      assert.equal(eventsOf(daemon.printed(), "tail-source-back").length, 1);
      await story.store(olderLogs("when it is back", BACKLOG), later);
      await story.untilVectors(BACKLOG, later);
      const paid = story.embedded();
      assert.equal(new Set(paid).size, paid.length, "paid twice");

      // A broker that is gone again does not hold up the end.
      await broker.stop();
      tallyOf(await stoppedInTime(stop, daemon));
    }),
);

/** As a log shipper does that tries again for as long as the broker is away. */
async function sendAll(t: TestContext, story: TailStory, logs: readonly FreshLog[]) {
  for (let at = 0; at < logs.length; at += PORTION) {
    const portion = logs.slice(at, at + PORTION);
    await story.store(portion);
    await eventually(() => sent(story, portion), t);
    await sleep(100, undefined, { signal: t.signal });
  }
}

function sent(story: TailStory, logs: readonly FreshLog[]): Promise<boolean> {
  return story.send(logs).then(
    () => true,
    () => false,
  );
}
