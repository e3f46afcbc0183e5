import assert from "node:assert/strict";
import { test } from "node:test";
import { outcomesOf } from "../../support/asserts/printed-json.ts";
import { LOG_PROPERTIES } from "../../support/servers/open-search-fixture.ts";
import { stopAndCount } from "../../support/asserts/printed-events.ts";
import {
  freshLogs,
  openTailStory,
  textsOf,
  type FreshLog,
  type TailStory,
} from "../../support/commands/tail-story.ts";

const AT = "2026-11-05T23:30:00.000-02:00";
/** That is in UTC, where it is the next day. */
const TEMPLATE = "{project_uuid}_{@timestamp:yyyy_MM_dd}";

test(
  "two topics; TAIL_INDEX names an index, a data stream that has rolled over, and an index that comes later",
  { timeout: 300_000 },
  async (t) => {
    const story = await openTailStory(t);
    const second = await story.kafka.createTopic("more-logs", 2);
    const { logs } = story;
    const of = (project: string, count: number) =>
      freshLogs(project, count).map((log) => ({
        ...log,
        "@timestamp": AT,
        project_uuid: logs.name(project).toUpperCase(),
      }));
    const name = (project: string) => `${logs.name(project)}_2026_11_06`;
    const [app, rolled, young, neither] = [
      of("app", 20),
      of("rolled", 5),
      of("young", 5),
      of("neither", 2),
    ];
    await logs.create(name("app"));
    // Where the same id stands in another index too, that one is not touched.
    const elsewhere = logs.name("elsewhere");
    await logs.create(elsewhere);
    await story.store(app.slice(0, 3), elsewhere);
    await story.store(app, name("app"));
    await createDataStream(story, name("rolled"));
    await story.store(rolled.slice(0, 2), name("rolled"));
    await logs.send("POST", `/${name("rolled")}/_rollover`);
    await story.store(rolled.slice(2), name("rolled"));

    const tail = await story.tail({
      KAFKA_TOPIC: `${story.topic},${second}`,
      TAIL_INDEX: TEMPLATE,
    });
    await story.send([...young, ...neither, ...app.slice(0, 10)]);
    await story.send([...rolled, ...app.slice(10)], second);
    await story.untilVectors(rolled.length, name("rolled"));
    await story.untilVectors(app.length, name("app"));
    await logs.create(name("young"));
    await story.store(young, name("young"));
    await story.untilVectors(young.length, name("young"));

    await story.untilFinished({ topic: second });
    assert.deepEqual(await story.vectors(name("rolled")), textsOf(rolled));
    assert.deepEqual(await story.vectors(elsewhere), []);
    const tally = await stopAndCount(tail);
    assert.deepEqual(outcomesOf(tally), { updated: 30, deferred: neither.length });
    const there = Object.keys(await logs.send("GET", `/${logs.pattern}?expand_wildcards=all`));
    assert.ok(!there.some((index) => index.includes("neither")), `created: ${there.join(", ")}`);
  },
);

test(
  "without TAIL_INDEX a document is found in whichever index it is, by its id or the field of that name",
  { timeout: 300_000 },
  async (t) => {
    const story = await openTailStory(t);
    const properties = { ...LOG_PROPERTIES, log_id: { type: "keyword" } };
    const indices = ["one", "two", "three", "four", "five"].map((short) => story.logs.name(short));
    for (const index of indices) await story.logs.create(index, { mappings: { properties } });
    const parts = indices.map((index, i) => ({ index, logs: freshLogs(`in-${i}`, 6) }));
    for (const { index, logs } of parts) {
      await story.store(logs.slice(0, 3), index);
      await storeUnderOtherIds(story, logs.slice(3), index);
    }
    const tail = await story.tail();
    await story.send(parts.flatMap(({ logs }) => logs));
    for (const { index, logs } of parts) {
      await story.untilVectors(logs.length, index);
      assert.deepEqual(await story.vectors(index), textsOf(logs));
    }
    await story.untilFinished();
    assert.deepEqual(outcomesOf(await stopAndCount(tail)), { updated: 30 });
  },
);

async function createDataStream({ logs }: TailStory, name: string): Promise<void> {
  await logs.send("PUT", `/_index_template/${logs.name("streams")}`, {
    index_patterns: [`${name}*`],
    data_stream: {},
    template: {
      settings: { number_of_shards: 1, number_of_replicas: 0, "index.knn": true },
      mappings: { properties: LOG_PROPERTIES },
    },
  });
  await logs.send("PUT", `/_data_stream/${name}`);
}

async function storeUnderOtherIds(
  { logs }: TailStory,
  documents: readonly FreshLog[],
  index: string,
) {
  for (const log of documents) await logs.send("POST", `/${index}/_doc`, log);
}
