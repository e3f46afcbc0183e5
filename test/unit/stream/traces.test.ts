import assert from "node:assert/strict";
import { test, type TestContext } from "node:test";
import { Fault } from "../../../src/domain/faults.ts";
import { traceEmbedder, traceSending } from "../../../src/telemetry/tracer.ts";
import { failWith } from "../../support/fakes/fake-embedder.ts";
import { named, openTraced, treeOf } from "../../support/servers/traced.ts";
import {
  GROUP,
  LETTERS,
  messageOf,
  messagesFrom,
  numbersFrom,
  setUpConsumer,
  TOPIC,
} from "./consumer-setup.ts";

async function setUp(t: TestContext) {
  const traced = await openTraced(t);
  const { tracer } = traced;
  const setup = setUpConsumer(t);
  const { stream, deadLetters } = setup.streams;
  const to = { system: stream.name, destination: deadLetters.name };
  const send = traceSending(deadLetters.send, to, tracer);
  setup.start({
    tracer,
    embedder: traceEmbedder(setup.embedder, tracer),
    streams: { stream, deadLetters: { ...deadLetters, send } },
  });
  return { ...setup, ...traced };
}

const SHIPPER = { traceId: "0af7651916cd43dd8448eb211c80319c", spanId: "b7ad6b7169203331" };

function from(spanId: string) {
  const header = Buffer.from(`00-${SHIPPER.traceId}-${spanId}-01`);
  return [["traceparent", header] as const];
}

test("a batch is a tree with a link to what wrote each of its messages", async (t) => {
  const { produce, index, clock, sent } = await setUp(t);
  index(...numbersFrom(1, 4));
  const [first = "", second = "", third = "", last = ""] = messagesFrom(1, 4);
  produce([
    { value: first, headers: from(SHIPPER.spanId) },
    { value: second, headers: from("00f067aa0ba902b7") },
    { value: third, headers: from(SHIPPER.spanId) },
    { value: last, headers: [["traceparent", Buffer.from("nonsense")]] },
  ]);
  await clock.advance(1000);
  const spans = await sent();
  const batch = named(spans, `process ${TOPIC}`);
  assert.deepEqual(treeOf(spans), [
    `process ${TOPIC}`,
    "  select",
    "  embed",
    "    embeddings fake-model",
    "  write",
  ]);
  assert.equal(batch.kind, "consumer");
  assert.notEqual(batch.traceId, SHIPPER.traceId);
  assert.deepEqual(batch.links, [SHIPPER, { ...SHIPPER, spanId: "00f067aa0ba902b7" }]);
  assert.deepEqual(batch.attributes, {
    "messaging.system": "kafka",
    "messaging.operation.name": "process",
    "messaging.operation.type": "process",
    "messaging.destination.name": TOPIC,
    "messaging.consumer.group.name": GROUP,
    "messaging.batch.message_count": 4,
    "log_vectorizer.records": 4,
    "log_vectorizer.outcome.updated": 4,
  });
});

test("a batch that is held is one failed span a try, not one that lasts for hours", async (t) => {
  const { produce, index, clock, sent, embedder } = await setUp(t);
  index(1);
  embedder.plan(failWith(new Fault("quota", "fake: no money")));
  produce(messagesFrom(1, 1));
  await clock.advance(60_000);
  const tries = (await sent()).filter(({ name }) => name === `process ${TOPIC}`);
  assert.ok(tries.length > 1);
  for (const { status, attributes } of tries) {
    assert.deepEqual([status.failed, attributes["error.type"]], [true, "quota"]);
  }
});

test("a dead letter stays in the trace of its source, and where that has none it names our own", async (t) => {
  const { produce, clock, sent, letters } = await setUp(t);
  produce([{ value: "no json", headers: from(SHIPPER.spanId) }, "no json either"]);
  await clock.advance(1000);
  const span = named(await sent(), `send ${LETTERS}`);
  assert.equal(span.kind, "producer");
  const traceparents = letters().map(({ headers }) =>
    headers.flatMap(([name, value]) => (name === "traceparent" ? [String(value)] : [])),
  );
  assert.deepEqual(traceparents, [
    [`00-${SHIPPER.traceId}-${SHIPPER.spanId}-01`],
    [`00-${span.traceId}-${span.spanId}-01`],
  ]);
});

test("nothing is added to a dead letter where nobody traces", async (t) => {
  const { start, produce, clock, letters } = setUpConsumer(t);
  start();
  produce([messageOf(1, { message: "" }), "no json"]);
  await clock.advance(1000);
  const names = letters().flatMap(({ headers }) => headers.map(([name]) => name));
  assert.ok(names.length > 0);
  assert.ok(!names.includes("traceparent"));
});
