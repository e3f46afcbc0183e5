import assert from "node:assert/strict";
import { test } from "node:test";
import { eventually } from "../../../support/asserts/eventually.ts";
import { outcomesOf } from "../../../support/asserts/printed-json.ts";
import { eventsOf, stopAndCount } from "../../../support/asserts/printed-events.ts";
import { freshLogs, openTailStory, textsOf } from "../../../support/commands/tail-story.ts";
import { startTcpGate } from "../../../support/servers/tcp-gate.ts";

/** Requests for vectors of one try at most; more of them show that it is tried again. */
const PER_TRY = 4;

test(
  "the embedder is down for a while: the tail waits, says so once, and goes on by itself",
  { timeout: 300_000 },
  async (t) => {
    const story = await openTailStory(t, { partitions: 2 });
    const [before, meanwhile] = [freshLogs("before", 10), freshLogs("meanwhile", 120)];
    await story.store([...before, ...meanwhile]);
    const tail = await story.tail();
    await story.send(before);
    await story.untilFinished();
    const committed = await story.committed();

    story.stub.setFault({ kind: "status", status: 503 });
    await story.send(meanwhile);
    await tail.says(/tail-paused/);
    const asked = story.stub.requests.length;
    await eventually(() => story.stub.requests.length > asked + PER_TRY, t);
    assert.deepEqual(await story.committed(), committed, "committed what has no vector");

    story.stub.setFault(null);
    await story.untilVectors(before.length + meanwhile.length);
    await story.untilFinished();
    assert.deepEqual(await story.vectors(), textsOf([...before, ...meanwhile]));
    const [paused, ...again] = eventsOf(tail.printed(), "tail-paused");
    assert.deepEqual(again, [], "said more than once");
    assert.match(paused?.message ?? "", /^Tail paused: .*503.*nothing is lost$/);
    assert.equal(eventsOf(tail.printed(), "tail-resumed").length, 1);
    assert.deepEqual(outcomesOf(await stopAndCount(tail)), { updated: 130 });
  },
);

test(
  "OpenSearch is cut off and comes back: the tail waits, says so once, and goes on by itself",
  { timeout: 300_000 },
  async (t) => {
    const story = await openTailStory(t, { partitions: 2 });
    const { hostname: host, port } = new URL(story.logs.url);
    const gate = await startTcpGate(t, { host, port: Number(port) });
    const [before, meanwhile] = [freshLogs("before", 10), freshLogs("meanwhile", 120)];
    await story.store([...before, ...meanwhile]);
    const tail = await story.tail({ OPENSEARCH_URL: `http://127.0.0.1:${gate.port}` });
    await story.send(before);
    await story.untilFinished();
    const committed = await story.committed();

    gate.cut();
    await story.send(meanwhile);
    await tail.says(/tail-paused/);
    const refused = gate.refused();
    await eventually(() => gate.refused() > refused + 1, t);
    assert.deepEqual(await story.committed(), committed, "committed what has no vector");

    gate.restore();
    await story.untilVectors(before.length + meanwhile.length);
    await story.untilFinished();
    assert.deepEqual(await story.vectors(), textsOf([...before, ...meanwhile]));
    const [paused, ...again] = eventsOf(tail.printed(), "tail-paused");
    assert.deepEqual(again, [], "said more than once");
    assert.match(paused?.message ?? "", /^Tail paused: OpenSearch at .*nothing is lost$/);
    assert.equal(eventsOf(tail.printed(), "tail-resumed").length, 1);
    assert.deepEqual(outcomesOf(await stopAndCount(tail)), { updated: 130 });
    assert.deepEqual(story.embedded().toSorted(), textsOf([...before, ...meanwhile]));
  },
);

test(
  "Kafka runs, OpenSearch does not when the tail starts: it begins as soon as it can",
  { timeout: 300_000 },
  async (t) => {
    const story = await openTailStory(t);
    const { hostname: host, port } = new URL(story.logs.url);
    const gate = await startTcpGate(t, { host, port: Number(port) });
    gate.cut();
    const logs = freshLogs("early", 10);
    await story.store(logs);
    await story.send(logs);
    const tail = await story.tail({ OPENSEARCH_URL: `http://127.0.0.1:${gate.port}` });
    await tail.says(/tail-paused/);
    gate.restore();
    await story.untilVectors(logs.length);
    await story.untilFinished();
    assert.deepEqual(outcomesOf(await stopAndCount(tail)), { updated: 10 });
  },
);
