import assert from "node:assert/strict";
import { test } from "node:test";
import { freshLogs, openTailStory, textsOf } from "../../support/commands/tail-story.ts";

test(
  "an index whose writes wait for shards that never come holds up no record of another in the tail",
  { timeout: 300_000 },
  async (t) => {
    const story = await openTailStory(t);
    const waiting = story.logs.name("waiting");
    await story.logs.create(waiting);
    const [good, more, bad] = [freshLogs("good", 10), freshLogs("more", 10), freshLogs("bad", 10)];
    await story.store([...good, ...more]);
    await story.store(bad, waiting);
    await story.logs.send("PUT", `/${waiting}/_settings`, {
      index: { number_of_replicas: 1, "write.wait_for_active_shards": "all" },
    });
    const tail = await story.tail({ OPENSEARCH_TIMEOUT_SECONDS: "6" });

    await story.send([...good, ...bad]);
    await story.untilVectors(good.length);
    await story.send(more);
    await story.untilVectors(good.length + more.length);
    await story.untilFinished();

    assert.deepEqual(await story.vectors(), textsOf([...good, ...more]));
    assert.deepEqual(await story.vectors(waiting), []);
    assert.match(tail.printed(), /Not enough active copies/);
    assert.doesNotMatch(tail.printed(), /Tail paused/);
  },
);
