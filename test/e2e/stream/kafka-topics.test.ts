import assert from "node:assert/strict";
import { test } from "node:test";
import { z } from "zod";
import { printedError, printedJson } from "../../support/asserts/printed-json.ts";
import { runVectorizer } from "../../support/commands/run-command.ts";
import { stopAndCount } from "../../support/asserts/printed-events.ts";
import { freshLogs, openTailStory } from "../../support/commands/tail-story.ts";

const MAX_MS = 5 * 60_000;
const DOWN = { KAFKA_BOOTSTRAP_SERVERS: "127.0.0.1:1" };

const kafkaShape = z.looseObject({
  kafka: z.strictObject({
    lag: z.number().nullable(),
    partitions: z.array(
      z.strictObject({
        group: z.string(),
        topic: z.string(),
        partition: z.number(),
        committed: z.number().nullable(),
        end: z.number(),
        lag: z.number(),
      }),
    ),
    errors: z.array(z.string()),
  }),
});

test(
  "status shows how far behind the tail is in each partition, and says when Kafka is down",
  { timeout: MAX_MS },
  async (t) => {
    const story = await openTailStory(t, { partitions: 2 });
    const { env, topic, group } = story;
    const logs = freshLogs("some", 6);
    await story.store(logs);
    await story.send(logs);
    const before = await runVectorizer(t, ["status"], { env });
    assert.equal(before.code, 0, before.stderr);
    assert.match(before.stdout, new RegExp(`${group} +${topic} +0 +none +3 +3\\n`));
    assert.match(before.stdout, /\ntotal +6\n/);
    const tail = await story.tail();
    await story.untilFinished();
    await stopAndCount(tail);
    await story.send(logs.slice(0, 2));
    const { kafka } = printedJson(
      await runVectorizer(t, ["status", "--json"], { env }),
      kafkaShape,
    );
    assert.equal(kafka.lag, 2);
    assert.deepEqual(
      kafka.partitions.map(({ committed }) => committed),
      [3, 3],
    );

    const down = await runVectorizer(t, ["status"], { env: { ...env, ...DOWN } });
    assert.equal(down.code, 0, down.stderr);
    assert.match(down.stdout, /\nKafka at 127\.0\.0\.1:1: connection refused\n/);
    assert.match(down.stdout, /coverage/);
    const json = await runVectorizer(t, ["status", "--json"], { env: { ...env, ...DOWN } });
    const lost = printedJson(json, kafkaShape).kafka;
    assert.deepEqual([lost.lag, lost.partitions, lost.errors.length], [null, [], 1]);
  },
);

test(
  "check and init with Kafka: what is missing is named, ours is created, theirs is not",
  { timeout: MAX_MS },
  async (t) => {
    const story = await openTailStory(t, { withLetters: false });
    const nowhere = story.kafka.name("nowhere");
    const env = { ...story.env, KAFKA_TOPIC: `${story.topic},${nowhere}` };
    const check = await runVectorizer(t, ["check"], { env });
    assert.equal(check.code, 1, check.stdout);
    assert.match(
      check.stdout,
      new RegExp(`✗ +kafka +no topic ${nowhere} \\(KAFKA_TOPIC\\); no topic ${story.letters}`),
    );

    const dry = await runVectorizer(t, ["init", "--dry-run"], { env });
    assert.equal(dry.code, 0, dry.stderr);
    assert.match(
      dry.stdout,
      new RegExp(`· create topic ${story.letters} of 1 partition \\(dry run\\)`),
    );
    assert.match(
      dry.stdout,
      new RegExp(`kafka-topics.sh .* --create --topic ${story.letters} --partitions 1`),
    );
    const init = await runVectorizer(t, ["init"], { env });
    assert.equal(init.code, 0, init.stderr);
    assert.match(init.stdout, new RegExp(`! no topic ${nowhere}, which KAFKA_TOPIC names`));
    assert.match(init.stdout, new RegExp(`✓ create topic ${story.letters}`));
    const again = await runVectorizer(t, ["init"], { env });
    assert.match(again.stdout, new RegExp(`✓ topic ${story.letters} is there already`));
    const there = await story.kafka.open().topics.describe([nowhere, story.letters], t.signal);
    assert.deepEqual([...there], [[story.letters, 1]]);

    const fine = await runVectorizer(t, ["check"], { env: story.env });
    assert.equal(fine.code, 0, fine.stdout);
    assert.match(
      fine.stdout,
      new RegExp(`✓ +kafka +.*${story.topic} \\(1\\), ${story.letters} \\(1\\); lag 0`),
    );
    for (const args of [
      ["check", "--json"],
      ["init", "--json"],
    ]) {
      const down = await runVectorizer(t, args, { env: { ...env, ...DOWN } });
      assert.equal(down.code, 3, args.join(" "));
      assert.match(down.stdout, /"message":"Kafka at 127\.0\.0\.1:1: connection refused"/);
    }
  },
);

test(
  "a leader topic of several partitions would elect several leaders: check says so",
  { timeout: MAX_MS },
  async (t) => {
    const story = await openTailStory(t);
    await story.kafka.createTopic("backlog", 3);
    await story.kafka.createTopic("backlog-leader", 3);
    const env = { ...story.env, BACKFILL_MODE: "kafka" };
    const check = await runVectorizer(t, ["check"], { env });
    assert.equal(check.code, 1, check.stdout);
    assert.match(check.stdout, /backlog-leader has 3 partitions and must have 1/);
  },
);

test(
  "wrong Kafka settings are said all at once, and what needs brokers says so",
  { timeout: MAX_MS },
  async (t) => {
    const secret = "s3cret pass";
    const env = {
      EMBEDDING_PROVIDER: "local",
      EMBEDDING_MODEL: "hashing",
      KAFKA_BOOTSTRAP_SERVERS: "kafka-1:port",
      KAFKA_TOPIC: "logs,,bad topic",
      KAFKA_DLQ_TOPIC: "dlq",
      KAFKA_BACKFILL_TOPIC: "dlq",
      KAFKA_SASL_MECHANISM: "gssapi",
      KAFKA_SASL_PASSWORD: secret,
      KAFKA_FROM: "yesterday",
      ENRICHMENT_BATCH_TIMEOUT: "0",
      TAIL_INDEX: "{project_uuid",
    };
    for (const args of [["tail"], ["worker"], []]) {
      const ended = await runVectorizer(t, args, { env });
      assert.equal(ended.code, 2, ended.stdout);
      for (const name of Object.keys(env).slice(2)) {
        if (name === "KAFKA_DLQ_TOPIC" || name === "KAFKA_SASL_PASSWORD") continue;
        assert.match(ended.stderr, new RegExp(name));
      }
      assert.ok(!`${ended.stdout}${ended.stderr}`.includes(secret));
    }
    for (const args of [["tail"], ["worker"]]) {
      const ended = await runVectorizer(t, args, {
        env: { EMBEDDING_PROVIDER: "local", EMBEDDING_MODEL: "hashing" },
      });
      assert.equal(ended.code, 2, ended.stdout);
      assert.match(ended.stderr, /KAFKA_BOOTSTRAP_SERVERS.*this command needs it/);
    }
    const byMode = {
      EMBEDDING_PROVIDER: "local",
      EMBEDDING_MODEL: "hashing",
      BACKFILL_MODE: "kafka",
    };
    const ended = await runVectorizer(t, ["--once", "--json"], { env: byMode });
    assert.equal(ended.code, 2);
    assert.match(
      printedError(ended).message,
      /KAFKA_BOOTSTRAP_SERVERS.*BACKFILL_MODE=kafka needs it/,
    );
  },
);
