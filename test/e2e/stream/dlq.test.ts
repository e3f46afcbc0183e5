import assert from "node:assert/strict";
import { test } from "node:test";
import { openKafkaFixture } from "../../support/servers/kafka-fixture.ts";
import { printedError, printedAnswer } from "../../support/asserts/printed-json.ts";
import { runVectorizer } from "../../support/commands/run-command.ts";
import { stopAndCount } from "../../support/asserts/printed-events.ts";
import { replayAnswerShape } from "../../../src/cli/dlq.ts";
import { freshLogs, openTailStory, toMessage } from "../../support/commands/tail-story.ts";

const MAX_MS = 5 * 60_000;

test(
  "dlq list on an empty topic, with foreign messages, and with none at all",
  { timeout: MAX_MS },
  async (t) => {
    const kafka = await openKafkaFixture(t);
    const env = {
      EMBEDDING_PROVIDER: "local",
      EMBEDDING_MODEL: "hashing",
      ...kafka.env,
      KAFKA_DLQ_TOPIC: kafka.name("dlq"),
    };
    const missing = await runVectorizer(t, ["dlq", "list", "--json"], { env });
    assert.equal(missing.code, 3);
    const { kind, message } = printedError(missing);
    assert.equal(kind, "configuration");
    assert.match(message, new RegExp(`no topic ${kafka.name("dlq")}`));

    const topic = await kafka.createTopic("dlq", 2);
    const empty = await runVectorizer(t, ["dlq", "list"], { env });
    assert.deepEqual([empty.code, empty.stdout], [0, `0 dead letters in ${topic}.\n`]);
    await kafka.produce(topic, ["somebody else's", { value: null }]);
    const foreign = await runVectorizer(t, ["dlq", "list"], { env });
    assert.equal(foreign.code, 0, foreign.stderr);
    assert.match(
      foreign.stdout,
      /^0 dead letters.*\n2 messages there were not written by log-vectorizer\.\n$/,
    );
    const replay = await runVectorizer(t, ["dlq", "replay"], { env });
    assert.deepEqual(
      [replay.code, replay.stdout],
      [0, "0 dead letters tried again: no records.\n"],
    );
  },
);

test(
  "dlq without brokers is a matter of settings, and with none listening an outage",
  { timeout: MAX_MS },
  async (t) => {
    for (const args of [
      ["dlq", "list"],
      ["dlq", "replay"],
      ["dlq", "replay", "--dry-run"],
    ]) {
      const unset = await runVectorizer(t, [...args, "--json"], {
        env: { EMBEDDING_PROVIDER: "local", EMBEDDING_MODEL: "hashing" },
      });
      assert.equal(unset.code, 2, args.join(" "));
      assert.match(printedError(unset).message, /KAFKA_BOOTSTRAP_SERVERS/);
      const env = {
        EMBEDDING_PROVIDER: "local",
        EMBEDDING_MODEL: "hashing",
        KAFKA_BOOTSTRAP_SERVERS: "127.0.0.1:1",
      };
      const down = await runVectorizer(t, [...args, "--json"], { env });
      assert.equal(down.code, 3, args.join(" "));
      assert.equal(printedError(down).message, "Kafka at 127.0.0.1:1: connection refused");
    }
  },
);

test(
  "a message that was broken by a setting is replayed once the setting is right",
  { timeout: MAX_MS },
  async (t) => {
    const story = await openTailStory(t);
    const logs = freshLogs("renamed", 120).map((log) => ({ ...log, uid: log.log_id }));
    await story.store(logs);
    await story.send(logs);
    const tail = await story.tail({ TAIL_ID_FIELD: "trace.id", KAFKA_DLQ_TOPIC: story.letters });
    await story.untilFinished();
    assert.equal((await stopAndCount(tail)).dead_letters, logs.length);

    story.stub.setFault({ kind: "unauthorized" });
    const env = { ...story.env, TAIL_ID_FIELD: "uid" };
    const down = await runVectorizer(t, ["dlq", "replay", "--json"], { env });
    assert.equal(down.code, 3, down.stderr);
    assert.equal(printedError(down).kind, "credentials");

    story.stub.setFault(null);
    const now = await runVectorizer(t, ["dlq", "replay", "--json"], { env });
    assert.equal(now.code, 0, now.stderr);
    const { dead_letters: letters, outcomes } = printedAnswer(now, replayAnswerShape);
    assert.deepEqual([letters, outcomes["updated"]], [logs.length, logs.length]);
    assert.equal((await story.vectors()).length, logs.length);
    assert.deepEqual(
      (await story.kafka.readAll(story.topic)).length,
      logs.length,
      "something was sent to the topic of logs",
    );
  },
);

test(
  "a dead letter of a document that is not there is not counted as done",
  { timeout: MAX_MS },
  async (t) => {
    const story = await openTailStory(t);
    const [log] = freshLogs("gone", 1);
    assert.ok(log);
    await story.sendRaw([toMessage(log)]);
    const tail = await story.tail({ TAIL_ID_FIELD: "trace.id" });
    await story.untilFinished();
    await stopAndCount(tail);
    const replay = await runVectorizer(t, ["dlq", "replay"], { env: story.env });
    assert.equal(replay.stdout, "1 dead letter tried again: missing 1.\n");
    assert.equal(replay.code, 1);
  },
);
