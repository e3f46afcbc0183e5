import assert from "node:assert/strict";
import { test } from "node:test";
import type { OutgoingMessage } from "../../../src/ports/dead-letters.ts";
import { traceSending } from "../../../src/telemetry/tracer.ts";
import { named, openTraced } from "../../support/servers/traced.ts";

const { signal } = new AbortController();

function message(headers: OutgoingMessage["headers"] = []): OutgoingMessage {
  return { key: null, value: Buffer.from("reference"), headers };
}

test("a sent message names the span that sent it, and keeps its own headers", async (t) => {
  const { tracer, sent } = await openTraced(t);
  const arrived: OutgoingMessage[] = [];
  const send = traceSending(
    async (messages) => void arrived.push(...messages),
    { system: "kafka", destination: "work" },
    tracer,
  );
  const own = [["TraceParent", Buffer.from("its own")]] as const;
  await tracer.span("cycle", {}, () => send([message(), message(own)], signal));
  const spans = await sent();
  const span = named(spans, "send work");
  assert.equal(span.parentSpanId, named(spans, "cycle").spanId);
  assert.equal(span.attributes["messaging.system"], "kafka");
  assert.equal(span.attributes["messaging.destination.name"], "work");
  assert.equal(span.attributes["messaging.batch.message_count"], 2);
  assert.deepEqual(
    arrived.map(({ headers }) => headers.map(([name, value]) => [name, String(value)])),
    [[["traceparent", `00-${span.traceId}-${span.spanId}-01`]], [["TraceParent", "its own"]]],
  );
});
