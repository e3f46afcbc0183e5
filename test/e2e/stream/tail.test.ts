import assert from "node:assert/strict";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { test, type TestContext } from "node:test";
import { outcomesOf } from "../../support/asserts/printed-json.ts";
import {
  runVectorizer,
  startVectorizer,
  temporaryFolder,
} from "../../support/commands/run-command.ts";
import { eventsOf, stopAndCount } from "../../support/asserts/printed-events.ts";
import {
  freshLogs,
  openTailStory,
  textsOf,
  toMessage,
  type FreshLog,
} from "../../support/commands/tail-story.ts";

const MAX_MS = 5 * 60_000;
const SCHEMA = {
  $schema: "https://json-schema.org/draft/2020-12/schema",
  type: "object",
  required: ["log_id", "service"],
  properties: { service: { type: "string" } },
};

test(
  "a message that does not match TAIL_MESSAGE_SCHEMA becomes a dead letter, whatever its level",
  { timeout: MAX_MS },
  async (t) => {
    const story = await openTailStory(t);
    const [a, b, c] = freshLogs("schema", 3);
    assert.ok(a && b && c);
    await story.store([a, b, c]);
    const tail = await story.tail({ TAIL_MESSAGE_SCHEMA: await fileOf(t, JSON.stringify(SCHEMA)) });
    await story.send([
      { ...a, service: "shop" },
      { ...b, service: 5 },
      { ...c, level: "INFO" },
      { ...c, level: "INFO", service: "shop" },
    ]);
    await story.untilFinished();

    assert.deepEqual(await story.vectors(), textsOf([a]));
    const reasons = eventsOf(tail.printed(), "dead-letter").map(({ message }) => message);
    assert.equal(reasons.length, 2);
    assert.match(reasons[0] ?? "", /\(schema\) .*: \/service must be string$/);
    assert.match(
      reasons[1] ?? "",
      /\(schema\) .*: the message must have required property 'service'$/,
    );
    const tally = await stopAndCount(tail);
    assert.deepEqual([outcomesOf(tally), tally.passed_over], [{ updated: 1, quarantined: 2 }, 1]);
  },
);

for (const [what, text, code] of [
  ["is no schema", `{"type": "nonsense"}`, 3],
  ["is a list", "[1, 2]", 2],
  ["is no JSON", "type: object", 2],
] as const) {
  test(
    `a schema file that ${what} ends the command with ${code} and a sentence`,
    { timeout: MAX_MS },
    async (t) => {
      const story = await openTailStory(t);
      const env = { ...story.env, TAIL_MESSAGE_SCHEMA: await fileOf(t, text) };
      for (const args of [["tail"], []]) {
        const ended = await runVectorizer(t, args, { env });
        assert.equal(ended.code, code, ended.stdout);
        assert.match(ended.stderr, /TAIL_MESSAGE_SCHEMA/);
        assert.doesNotMatch(
          `${ended.stdout}${ended.stderr}`,
          /\n +at |Unexpected:/,
          "a stack trace",
        );
      }
    },
  );
}

test(
  "messages nested, dotted, in lists, with fields of other names and another level",
  { timeout: MAX_MS },
  async (t) => {
    const story = await openTailStory(t);
    const [nested, dotted, listed, twice, fatal, info] = freshLogs("form", 6);
    assert.ok(nested && dotted && listed && twice && fatal && info);
    await story.store([nested, dotted, listed, twice, fatal, info]);
    const of = (log: FreshLog, rest: object) => JSON.stringify({ message: log.message, ...rest });
    await story.sendRaw([
      of(nested, { event: { id: nested.log_id }, log: { level: "Error" } }),
      of(dotted, { "event.id": dotted.log_id, "log.level": "ERROR" }),
      `[${of(listed, { event: { id: listed.log_id }, level: "error" })},
      ${of(twice, { event: { id: twice.log_id }, severity: "ERROR" })},
      ${of(twice, { event: { id: twice.log_id }, severity: "ERROR" })}]`,
      of(fatal, { "event.id": fatal.log_id, level: "fatal" }),
      of(info, { "event.id": info.log_id, level: "INFO" }),
    ]);
    const tail = await story.tail({ TAIL_ID_FIELD: "event.id", ENRICHMENT_LEVELS: "error,fatal" });
    await story.untilFinished();
    const tally = await stopAndCount(tail);
    assert.deepEqual(outcomesOf(tally), { updated: 5, already_vectorized: 1 });
    assert.equal(tally.passed_over, 1);
    assert.deepEqual(await story.vectors(), textsOf([nested, dotted, listed, twice, fatal]));
  },
);

test("KAFKA_FROM=latest begins with what comes after the start", { timeout: MAX_MS }, async (t) => {
  const story = await openTailStory(t);
  const [before, after] = [freshLogs("before", 3), freshLogs("after", 3)];
  await story.store([...before, ...after]);
  await story.send(before);
  const tail = await story.tail({ KAFKA_FROM: "latest" });
  // The end of the topic is pinned as soon as the partition is held.
  await story.untilFinished();
  await story.send(after);
  await story.untilVectors(after.length);
  await story.untilFinished();
  assert.deepEqual(await story.vectors(), textsOf(after));
  assert.deepEqual(outcomesOf(await stopAndCount(tail)), { updated: 3 });
});

test(
  "run has the tail beside the scheduler where brokers are set, and says what both do",
  { timeout: MAX_MS },
  async (t) => {
    const story = await openTailStory(t);
    const logs = freshLogs("fresh", 5);
    await story.store(logs);
    await story.send(logs);
    const daemon = await story.tail({ BACKFILL_MIN_AGE_SECONDS: "3600" }, ["run"]);
    await story.untilVectors(logs.length);
    await story.untilFinished();
    const status = await runVectorizer(t, ["status"], {
      env: { ...story.env, STATE_DIR: join(daemon.folder, "state") },
    });
    assert.match(status.stdout, /Daemon: running \(process \d+\) since .*from Kafka \d+ records/);
    // Records of the last hour are the tail's.
    await daemon.says(/Cycle #1 summary: .* vectors 0 \(total 0\)/);
    assert.deepEqual(outcomesOf(await stopAndCount(daemon)), { updated: 5 });
  },
);

test(
  "the topic of logs is missing: said once, and read as soon as somebody creates it",
  { timeout: MAX_MS },
  async (t) => {
    const story = await openTailStory(t);
    const topic = story.kafka.name("later");
    const tail = await startVectorizer(t, ["tail"], { env: { ...story.env, KAFKA_TOPIC: topic } });
    await tail.says(/tail-source-lost/);
    const [lost] = eventsOf(tail.printed(), "tail-source-lost");
    assert.match(lost?.message ?? "", new RegExp(`there is no topic ${topic}.*KAFKA_TOPIC`));
    await story.kafka.createTopic("later");
    const logs = freshLogs("later", 3);
    await story.store(logs);
    await story.sendRaw(logs.map(toMessage), topic);
    await story.untilVectors(logs.length);
    await story.untilFinished({ topic });
    assert.equal(eventsOf(tail.printed(), "tail-source-lost").length, 1);
    assert.deepEqual(outcomesOf(await stopAndCount(tail)), { updated: 3 });
  },
);

test(
  "an index that takes no writes is left to the backfill, and holds up nobody",
  { timeout: MAX_MS },
  async (t) => {
    const story = await openTailStory(t);
    const blocked = story.logs.name("blocked");
    await story.logs.create(blocked);
    const [inside, others] = [freshLogs("inside", 5), freshLogs("others", 5)];
    const more = freshLogs("more", 5);
    await story.store(inside, blocked);
    await story.store([...others, ...more]);
    const tail = await story.tail();
    await story.send(others);
    await story.untilVectors(others.length);
    await story.logs.send("PUT", `/${blocked}/_settings`, { "index.blocks.write": true });
    await story.send(inside.flatMap((log, i) => [log, ...more.slice(i, i + 1)]));
    await story.untilFinished();
    assert.deepEqual(await story.vectors(), textsOf([...others, ...more]));
    assert.deepEqual(outcomesOf(await stopAndCount(tail)), { updated: 10, deferred: 5 });
    assert.deepEqual(await story.kafka.readAll(story.letters), []);
  },
);

test(
  "asked to slow down, the tail waits as long as it was told and goes on",
  { timeout: MAX_MS },
  async (t) => {
    const story = await openTailStory(t);
    const logs = freshLogs("slow", 5);
    await story.store(logs);
    story.stub.setFault({ kind: "rate_limit", retryAfter: { seconds: 2 } }, { next: 2 });
    const tail = await story.tail();
    await story.send(logs);
    await story.untilVectors(logs.length);
    await story.untilFinished();
    assert.ok(story.stub.requests.length === 3, `${story.stub.requests.length} requests`);
    assert.deepEqual(outcomesOf(await stopAndCount(tail)), { updated: 5 });
    assert.ok(eventsOf(tail.printed(), "tail-paused").length <= 1);
  },
);

async function fileOf(t: TestContext, text: string): Promise<string> {
  const path = join(await temporaryFolder(t), "schema.json");
  await writeFile(path, text);
  return path;
}
