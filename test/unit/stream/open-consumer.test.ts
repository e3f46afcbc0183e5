import assert from "node:assert/strict";
import { test } from "node:test";
import { Fault } from "../../../src/domain/faults.ts";
import { failWith } from "../../support/fakes/fake-embedder.ts";
import { messageOf, messagesFrom, numbersFrom, setUpConsumer } from "./consumer-setup.ts";

test("each batch is told with whose it is, for the log to leave it out", async (t) => {
  const { clock, produce, index, start, embedder, told } = setUpConsumer(t, { role: "worker" });
  start();
  index(...numbersFrom(1, 30));
  produce(messagesFrom(1, 20));
  await clock.advance(5000);
  embedder.plan(failWith(new Fault("quota", "fake: no money")));
  produce(messagesFrom(21, 10));
  await clock.advance(5000);
  const { textsEmbedded, recordsWritten, embedderFailed, consumerPaused } = told;
  const tellers = [...textsEmbedded, ...recordsWritten, ...embedderFailed].map((one) => one.source);
  assert.deepEqual(new Set(tellers), new Set(["worker"]));
  assert.ok(embedderFailed.length > 0);
  assert.equal(
    recordsWritten.reduce((sum, { written }) => sum + written, 0),
    20,
  );
  assert.equal(consumerPaused.length, 1);
});

test("each minute it tells how far the group is behind, over all partitions", async (t) => {
  const { clock, produce, start, told } = setUpConsumer(t, {
    partitions: 2,
    retryDelaysMs: [600_000],
  });
  start();
  produce(messagesFrom(1, 3), 0);
  produce([...messagesFrom(4, 2), messageOf(9, { level: "INFO" })], 1);
  await clock.advance(60_000);
  assert.partialDeepStrictEqual(told.performance, [
    { role: "tail", lag: 6, waiting: 5, batches: 1, deadLetters: 0, passedOver: 1 },
  ]);
});

test("how far it is behind is unknown while the broker is away, and that ends nothing", async (t) => {
  const { clock, start, broker, told } = setUpConsumer(t);
  start();
  await clock.advance(10);
  broker.down();
  await clock.advance(60_000);
  broker.up();
  await clock.advance(60_000);
  assert.deepEqual(
    told.performance.map(({ lag }) => lag),
    [null, 0],
  );
});
