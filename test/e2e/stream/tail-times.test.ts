import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { z } from "zod";
import { eventsOf, stopAndCount } from "../../support/asserts/printed-events.ts";
import { outcomesOf, printedSummary } from "../../support/asserts/printed-json.ts";
import { runVectorizer } from "../../support/commands/run-command.ts";
import { openTailStory, textsOf, type FreshLog } from "../../support/commands/tail-story.ts";

const CASE = join(import.meta.dirname, "../../fixtures/cases/kafka-epoch-seconds.json");
const caseShape = z.object({
  env: z.object({ TAIL_INDEX: z.string() }),
  messages: z.array(
    z.looseObject({
      "@timestamp": z.union([z.number(), z.string()]),
      level: z.string(),
      message: z.string(),
      log_id: z.string(),
    }),
  ),
});

/** Of the same moment, as other shippers write it. */
const SIBLINGS: [id: string, time: number | string][] = [
  ["ms", 1_795_989_427_123],
  ["ms as text", "1795989427123"],
  ["µs", 1_795_989_427_123_456],
  ["ns as text", "1795989427123456789"],
  ["comma", "2026-11-29 21:57:07,123"],
];

test(
  "a time in seconds, as number or as text, leads to the index of its month, as do its siblings",
  { timeout: 300_000 },
  async (t) => {
    const story = await openTailStory(t);
    const { env, messages } = caseShape.parse(JSON.parse(await readFile(CASE, "utf8")));
    const template = env.TAIL_INDEX.replace("k1_", `${story.logs.name("k1")}_`);
    const index = `${story.logs.name("k1")}_2026_11`;
    await story.logs.create(index);
    const siblings = SIBLINGS.map(([id, time]) => ({
      log_id: id,
      message: `time in ${id}`,
      level: "ERROR",
      "@timestamp": time,
    }));
    const sent = [...messages, ...siblings];
    const stored = sent.map((one) => ({ ...one, "@timestamp": "2026-11-29T21:57:07.123Z" }));
    await story.store(stored satisfies FreshLog[], index);
    const tail = await story.tail({ TAIL_INDEX: template });
    await story.sendRaw(sent.map((one) => JSON.stringify(one)));
    await story.untilFinished();
    assert.deepEqual(await story.vectors(index), textsOf(stored));
    assert.deepEqual(await story.kafka.readAll(story.letters), []);
    assert.deepEqual(outcomesOf(await stopAndCount(tail)), { updated: sent.length });
    const settings = { env: { ...story.env, TAIL_INDEX: template } };
    const check = await runVectorizer(t, ["check"], settings);
    assert.equal(check.code, 0, check.stdout + check.stderr);
    const once = await runVectorizer(t, ["--once", "--json"], settings);
    assert.deepEqual([once.code, printedSummary(once).found], [0, 0], "the tail left some to it");
  },
);

test(
  "a document that is not in the index its message names is told with that index",
  { timeout: 300_000 },
  async (t) => {
    const story = await openTailStory(t);
    const index = `${story.logs.name("k2")}_2026_11`;
    await story.logs.create(index);
    const tail = await story.tail({
      TAIL_INDEX: `${story.logs.name("k2")}_{@timestamp:yyyy_MM}`,
    });
    const log = { log_id: "gone", message: "m", level: "ERROR", "@timestamp": 1_795_989_427.123 };
    await story.sendRaw([JSON.stringify(log)]);
    await story.untilFinished();
    const [left] = eventsOf(tail.printed(), "tail-left-to-backfill");
    assert.equal(left?.message, `1 record missing: not found in ${index}, left to the backfill`);
    assert.deepEqual(outcomesOf(await stopAndCount(tail)), { missing: 1 });
  },
);
