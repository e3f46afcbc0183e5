import assert from "node:assert/strict";
import { test } from "node:test";
import { tracePublisher } from "../../../src/telemetry/trace-publisher.ts";
import type { OutgoingMessage } from "../../../src/ports/publisher.ts";
import { named, openTraced } from "../../support/servers/traced.ts";

const { signal } = new AbortController();

function message(topic: string, headers: OutgoingMessage["headers"] = []): OutgoingMessage {
  return { topic, key: null, value: Buffer.from("reference"), headers };
}

test("what is published names the span that published it, and keeps what it came with", async (t) => {
  const { tracer, sent } = await openTraced(t);
  const published: OutgoingMessage[] = [];
  const publisher = tracePublisher(
    {
      publish: (messages) => {
        published.push(...messages);
        return Promise.resolve();
      },
      close: () => Promise.resolve(),
    },
    tracer,
  );
  const own = [["TraceParent", Buffer.from("its own")]] as const;
  await tracer.span("cycle", {}, () =>
    publisher.publish([message("work"), message("work", own)], signal),
  );
  await publisher.publish([message("a"), message("b")], signal);
  const spans = await sent();
  const span = named(spans, "send work");
  assert.equal(span.parentSpanId, named(spans, "cycle").spanId);
  assert.equal(span.attributes["messaging.batch.message_count"], 2);
  assert.deepEqual(
    published
      .slice(0, 2)
      .map(({ headers }) => headers.map(([name, value]) => [name, String(value)])),
    [[["traceparent", `00-${span.traceId}-${span.spanId}-01`]], [["TraceParent", "its own"]]],
  );
  assert.equal(named(spans, "send").attributes["messaging.destination.name"], undefined);
});
