import assert from "node:assert/strict";
import { test } from "node:test";
import { outcomesOf } from "../../support/asserts/printed-json.ts";
import { runVectorizer } from "../../support/commands/run-command.ts";
import { eventsOf, stopAndCount, tallyOf } from "../../support/asserts/printed-events.ts";
import { freshLogs, openTailStory, textsOf, toMessage } from "../../support/commands/tail-story.ts";
import { stoppedInTime, withinGrace } from "../../support/asserts/within-grace.ts";

test(
  "nobody has created the dead-letter topic: nothing is committed past the bad record, until init creates it",
  { timeout: 300_000 },
  async (t) => {
    const story = await openTailStory(t, { withLetters: false });
    const before = freshLogs("before", 10);
    const behind = freshLogs("behind", 10);
    const later = freshLogs("later", 10);
    await story.store([...before, ...behind, ...later]);
    await story.sendRaw([
      ...before.map(toMessage),
      { key: "bad", value: "ERROR no JSON" },
      ...behind.map(toMessage),
    ]);
    const tail = await story.tail();
    await tail.says(/dead-letters-blocked/);
    await story.untilVectors(before.length + behind.length);
    await story.send(later);

    const missing = await runVectorizer(t, ["check", "--json"], { env: story.env });
    assert.equal(missing.code, 1, missing.stdout);
    assert.match(missing.stdout, new RegExp(`no topic ${story.letters} \\(KAFKA_DLQ_TOPIC\\)`));
    const [committed = 0] = await story.committed();
    assert.ok(committed <= before.length, `${committed} committed, past what is no dead letter`);
    assert.deepEqual(await story.vectors(), textsOf([...before, ...behind]), "it went on reading");

    const init = await runVectorizer(t, ["init"], { env: story.env });
    assert.equal(init.code, 0, init.stdout);
    assert.match(init.stdout, new RegExp(`✓ create topic ${story.letters} of 1 partition`));
    await story.untilVectors(before.length + behind.length + later.length);
    await story.untilFinished();
    assert.deepEqual(
      (await story.kafka.readAll(story.letters)).map(({ key }) => String(key)),
      ["bad"],
    );
    const [blocked, ...more] = eventsOf(tail.printed(), "dead-letters-blocked");
    assert.deepEqual(more, [], "said more than once");
    assert.match(
      blocked?.message ?? "",
      /nothing more is read or committed: .*no topic .*log-vectorizer init/,
    );
    assert.equal(blocked?.["log.level"], "error");
    assert.equal(eventsOf(tail.printed(), "dead-letters-resumed").length, 1);
    assert.deepEqual(outcomesOf(await stopAndCount(tail)), { updated: 30, quarantined: 1 });
  },
);

test(
  "a refused text finds no dead-letter topic: nothing more is read, SIGTERM ends it in time, and it comes again",
  { timeout: 300_000 },
  (t) =>
    withinGrace(async (stop) => {
      const story = await openTailStory(t, { withLetters: false });
      const [bad] = freshLogs("refused", 1);
      assert.ok(bad);
      const [beside, later] = [freshLogs("beside", 5), freshLogs("later", 5)];
      await story.store([bad, ...beside, ...later]);
      story.stub.setFault({ kind: "refused" }, { texts: (texts) => texts.includes(bad.message) });
      await story.send([bad, ...beside]);
      const first = await story.tail();
      await first.says(/dead-letters-blocked/);
      await story.send(later);
      const check = await runVectorizer(t, ["check"], { env: story.env });
      assert.equal(check.code, 1, check.stdout);
      const tally = tallyOf(await stoppedInTime(stop, first));
      assert.deepEqual(outcomesOf(tally), { updated: beside.length, deferred: 1 });
      assert.deepEqual(await story.committed(), [0]);

      await story.kafka.createTopic("logs-dlq");
      const second = await story.tail();
      await story.untilFinished();
      assert.deepEqual(outcomesOf(await stopAndCount(second)), {
        updated: later.length,
        already_vectorized: beside.length,
        quarantined: 1,
      });
      assert.equal((await story.kafka.readAll(story.letters)).length, 1);
    }),
);
