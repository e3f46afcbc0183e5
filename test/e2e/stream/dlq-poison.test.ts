import assert from "node:assert/strict";
import { test, type TestContext } from "node:test";
import { z } from "zod";
import type { StoredMessage } from "../../../src/ports/message-stream.ts";
import { outcomesOf, printedAnswer, printedJson } from "../../support/asserts/printed-json.ts";
import type { ProducedMessage } from "../../support/servers/kafka-fixture.ts";
import { runVectorizer } from "../../support/commands/run-command.ts";
import { stopAndCount } from "../../support/asserts/printed-events.ts";
import { deadLetterListShape } from "../../../src/cli/dlq.ts";
import {
  freshLog,
  openTailStory,
  textsOf,
  toMessage,
  type TailStory,
} from "../../support/commands/tail-story.ts";

const KEY = "sk-test-0123456789abcdef";
const MEGABYTE = 1_000_000;
/** As much as a topic takes by default, so that there is no room for headers beside it. */
const NEARLY_TOO_LARGE = 1_048_300;
const REFUSED = "the text that nobody embeds";

const startedAt = Date.now();
const good = freshLog("good", "Connection refused");
const last = freshLog("last", "Disk full");
const ofList = freshLog("of-list", "Gateway timeout");
const spoilt = freshLog("spoilt", "Größe überschritten");
const huge = freshLog("huge", "x ".repeat(MEGABYTE / 2 - 100));
const refused = freshLog("refused", REFUSED);
const { log_id: _, ...withoutId } = good;

/** Each is a dead letter of that code. */
const POISON: readonly (readonly [code: string, message: ProducedMessage])[] = [
  ["not_json", { value: "ERROR this is no JSON" }],
  ["not_json", { value: toMessage(good).slice(0, -20) }],
  ["not_json", { value: Buffer.from([0xff, 0xfe, 0x00, 0x80, 0xc3]) }],
  ["null_value", { value: null }],
  ["no_id", { value: JSON.stringify(withoutId) }],
  ["no_text", { value: toMessage({ ...good, message: "  " }) }],
  ["no_id", { value: JSON.stringify([ofList, withoutId]) }],
  ["refused", { value: toMessage(refused) }],
  ["not_json", { value: `{"level":"ERROR",${"x".repeat(MEGABYTE)}}` }],
  ["not_json", { value: `{"level":"ERROR",${"x".repeat(NEARLY_TOO_LARGE)}}` }],
];

test(
  "poison between good records: each a dead letter with its own bytes, and nobody else is held up",
  { timeout: 300_000 },
  async (t) => {
    const story = await openTailStory(t);
    await story.store([good, last, ofList, spoilt, huge, refused]);
    story.stub.setFault({ kind: "refused" }, { texts: (texts) => texts.includes(REFUSED) });
    const sent = POISON.map(([, message], i) => ({
      key: `key ${i}`,
      headers: { trace: `t-${i}`, authorization: `Bearer ${KEY}` },
      ...message,
    }));
    const invalid = Buffer.from(toMessage({ ...spoilt, message: "Gr??e" }));
    invalid.set([0xf6, 0xdf], invalid.indexOf("??"));
    // One by one, as a batch may hold a megabyte.
    for (const message of [toMessage(good), { value: invalid }, toMessage(huge), ...sent]) {
      await story.sendRaw([message]);
    }
    await story.send([last]);
    const tail = await story.tail({ OPENAI_API_KEY: KEY });
    await story.untilFinished();

    assert.deepEqual(await shortVectors(story), textsOf([good, last, ofList, spoilt]));
    assert.ok(story.embedded().some((text) => text.length > 1000 && huge.message.startsWith(text)));
    const letters = await story.kafka.readAll(story.letters);
    assert.deepEqual(
      letters.map((letter) => header(letter, "dlq.error.code") ?? "").toSorted(),
      POISON.map(([code]) => code).toSorted(),
    );
    for (const [i, message] of sent.entries()) checkLetter(letters, message, i);
    const tally = await stopAndCount(tail);
    assert.deepEqual(outcomesOf(tally), { updated: 5, quarantined: POISON.length });
    assert.equal(tally.dead_letters, POISON.length);

    await t.test("dlq list counts, shows and filters them", (inner) => listed(inner, story));
    await t.test("dlq replay, once the cause is gone", (inner) => replayed(inner, story));
  },
);

/** Without the one whose vector was made of its beginning. */
async function shortVectors(story: TailStory): Promise<string[]> {
  const found: string[] = [];
  for (const { source } of (await story.logs.documents(story.index)).values()) {
    const text = String(source["message"]);
    const { log_vector: vector } = source;
    if (vector !== undefined && text.length < 1000) found.push(text);
  }
  return found.toSorted();
}

function checkLetter(letters: readonly StoredMessage[], sent: ProducedMessage, i: number): void {
  const letter = letters.find(({ key }) => String(key) === sent.key);
  assert.ok(letter, `no dead letter for ${String(sent.key)}`);
  const tooLarge = (sent.value?.length ?? 0) > NEARLY_TOO_LARGE;
  const wanted = sent.value === null || tooLarge ? null : Buffer.from(sent.value);
  assert.ok(
    wanted === null ? letter.value === null : letter.value?.equals(wanted),
    `not its own bytes: ${String(sent.key)}`,
  );
  assert.equal(header(letter, "dlq.value") !== undefined, tooLarge);
  assert.equal(header(letter, "trace"), `t-${i}`);
  const all = letter.headers.map(([name, value]) => `${name}: ${String(value)}`).join("\n");
  assert.ok(!all.includes(KEY), all);
  assert.equal(header(letter, "dlq.partition"), "0");
  assert.equal(header(letter, "dlq.offset"), String(i + 3));
  assert.equal(header(letter, "dlq.attempts"), "1");
  assert.ok(Date.parse(header(letter, "dlq.time") ?? "") >= startedAt);
}

function header({ headers }: StoredMessage, wanted: string): string | undefined {
  return headers.find(([name]) => name === wanted)?.[1]?.toString();
}

async function listed(t: TestContext, { env, letters: topic, topic: from }: TailStory) {
  const list = async (...args: string[]) => {
    const ended = await runVectorizer(t, ["dlq", "list", ...args, "--json"], { env });
    assert.equal(ended.code, 0, ended.stderr);
    return printedAnswer(ended, deadLetterListShape);
  };
  const all = await list();
  const byCode = { not_json: 5, null_value: 1, no_id: 2, no_text: 1, refused: 1 };
  assert.deepEqual([all.topic, all.total, all.by_code], [topic, POISON.length, byCode]);
  assert.equal(all.dead_letters.length, POISON.length);
  const two = await list("--reason", "no_id,refused", "--since", "1h", "--limit", "2");
  assert.deepEqual([two.total, two.dead_letters.length], [3, 2]);
  assert.equal((await list("--until", "1h")).total, 0);

  const table = await runVectorizer(t, ["dlq", "list"], { env });
  assert.equal(table.code, 0, table.stderr);
  assert.match(table.stdout, new RegExp(`no_id +${from}/0 +7 +1 +the record has no log_id`));
  assert.match(table.stdout, new RegExp(`10 dead letters in ${topic}: .*5 not_json`));
  const wrong = await runVectorizer(t, ["dlq", "list", "--reason", "nonsense"], { env });
  assert.equal(wrong.code, 2);
  assert.match(wrong.stderr, /"nonsense" is none of null_value, not_json/);
}

async function replayed(t: TestContext, story: TailStory) {
  const { env, stub, logs, index } = story;
  const marked = async () => {
    const found = (await logs.documents(index)).get(`${index}/${refused.log_id}`)?.source ?? {};
    const meta = z.looseObject({ skipped: z.string().nullish() }).parse(found["log_vector_meta"]);
    return { skipped: meta.skipped ?? null, hasVector: found["log_vector"] !== undefined };
  };
  assert.deepEqual(await marked(), { skipped: "refused", hasVector: false });
  const before = story.embedded().length;
  const only = ["--reason", "refused", "--json"];
  const dry = await runVectorizer(t, ["dlq", "replay", "--dry-run", ...only], { env });
  assert.equal(dry.code, 0, dry.stderr);
  assert.equal(printedJson(dry, z.looseObject({ dead_letters: z.number() })).dead_letters, 1);
  assert.equal(story.embedded().length, before);

  const still = await runVectorizer(t, ["dlq", "replay", ...only], { env });
  assert.equal(still.code, 1, still.stderr);
  assert.deepEqual(await marked(), { skipped: "refused", hasVector: false });

  stub.setFault(null);
  const now = await runVectorizer(t, ["dlq", "replay", ...only], { env });
  assert.equal(now.code, 0, now.stderr);
  assert.deepEqual(await marked(), { skipped: null, hasVector: true });
  const paid = story.embedded().length;
  const everything = await runVectorizer(t, ["dlq", "replay"], { env });
  assert.equal(everything.code, 1, "what is broken for good is still broken");
  assert.match(
    everything.stdout,
    /10 dead letters tried again: already vectorized 2, quarantined 9/,
  );
  assert.equal(story.embedded().length, paid, "what has its vector was paid for again");
}
