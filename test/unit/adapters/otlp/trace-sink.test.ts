import assert from "node:assert/strict";
import { test } from "node:test";
import { Fault } from "../../../../src/domain/faults.ts";
import type { TraceHeaders } from "../../../../src/ports/tracer.ts";
import { eventually } from "../../../support/asserts/eventually.ts";
import { named, openTraced, treeOf } from "../../../support/servers/traced.ts";

const CALLER = "0af7651916cd43dd8448eb211c80319c";
const traceparent = (flags = "01") => `00-${CALLER}-b7ad6b7169203331-${flags}`;
const nothing = () => Promise.resolve();

test("a span arrives as it was told, and says whose it is", async (t) => {
  const { tracer, sent, receiver } = await openTraced(t, { headers: { "x-key": "k3y" } });
  const attributes = { text: "word", count: 3, share: 0.5, yes: true, absent: undefined };
  await tracer.span("outer", { kind: "server", attributes }, async (span) => {
    span.set({ count: 4 });
    await tracer.span("inner", { kind: "client" }, nothing);
  });
  const spans = await sent();
  assert.deepEqual(treeOf(spans), ["outer", "  inner"]);
  const outer = named(spans, "outer");
  assert.equal(outer.kind, "server");
  assert.deepEqual(outer.attributes, { text: "word", count: 4, share: 0.5, yes: true });
  assert.deepEqual(outer.status, { failed: false, message: "" });
  assert.equal(outer.resource["service.name"], "log-vectorizer");
  assert.equal(outer.resource["telemetry.sdk.name"], "opentelemetry");
  const [request] = receiver.requests;
  assert.equal(request?.path, "/v1/traces");
  assert.equal(request.headers["x-key"], "k3y");
});

test("a span whose work throws has failed, with the kind of the error and not its message", async (t) => {
  const { tracer, sent } = await openTraced(t);
  const secret = "the text of a log";
  const fault = new Fault("rate", secret);
  await assert.rejects(
    tracer.span("limited", {}, () => Promise.reject(fault)),
    fault,
  );
  await assert.rejects(tracer.span("broken", {}, () => Promise.reject(new Error(secret))));
  const spans = await sent();
  assert.deepEqual(
    spans.map(({ status, attributes, events }) => ({ status, attributes, events })),
    ["rate", "bug"].map((type) => ({
      status: { failed: true, message: "" },
      attributes: { "error.type": type },
      events: 0,
    })),
  );
  assert.doesNotMatch(JSON.stringify(spans), /text of a log/);
});

test("the caller's trace goes on, its state too, and is handed on", async (t) => {
  const { tracer, sent } = await openTraced(t);
  const parent = { traceparent: traceparent(), tracestate: "vendor=opaque" };
  let handed: TraceHeaders = {};
  await tracer.span("server", { parent }, async () => {
    handed = tracer.headers();
  });
  const [span] = await sent();
  assert.equal(span?.traceId, CALLER);
  assert.equal(span.parentSpanId, "b7ad6b7169203331");
  assert.equal(handed.traceparent, `00-${CALLER}-${span.spanId}-01`);
  assert.equal(handed.tracestate, "vendor=opaque");
});

test("a caller who does not trace is not traced, but his trace is handed on", async (t) => {
  const { tracer, sent } = await openTraced(t);
  let handed: TraceHeaders = {};
  await tracer.span("server", { parent: { traceparent: traceparent("00") } }, async () => {
    handed = tracer.headers();
  });
  assert.deepEqual(await sent(), []);
  assert.match(handed.traceparent ?? "", new RegExp(`^00-${CALLER}-[0-9a-f]{16}-00$`));
});

for (const bad of ["", "nonsense", `00-${"0".repeat(32)}-b7ad6b7169203331-01`, "x".repeat(5000)]) {
  test(`a traceparent like ${JSON.stringify(bad.slice(0, 12))} begins a trace of our own`, async (t) => {
    const { tracer, sent } = await openTraced(t);
    const parent = { traceparent: bad };
    await tracer.span("server", { parent, links: [parent] }, nothing);
    const [span] = await sent();
    assert.equal(span?.parentSpanId, "");
    assert.deepEqual(span.links, []);
  });
}

test("a span that stands apart is a trace of its own, with a link to its origin", async (t) => {
  const { tracer, sent } = await openTraced(t);
  await tracer.span("drain", {}, () =>
    tracer.span("page", { apart: true }, () => tracer.span("embed", {}, nothing)),
  );
  const spans = await sent();
  const [drain, page, embed] = ["drain", "page", "embed"].map((name) => named(spans, name));
  assert.notEqual(page?.traceId, drain?.traceId);
  assert.equal(page?.parentSpanId, "");
  assert.deepEqual(page.links, [{ traceId: drain?.traceId, spanId: drain?.spanId }]);
  assert.equal(embed?.parentSpanId, page.spanId);
});

test("of traces of our own the share is sent that was asked for", async (t) => {
  const { tracer, sent } = await openTraced(t, { sampler: "parentbased_traceidratio", ratio: 0.5 });
  for (let i = 0; i < 400; i++) await tracer.span("one", {}, nothing);
  const { length } = await sent();
  assert.ok(length > 100 && length < 300, String(length));
});

test("a collector that refuses is told of once, and once when it takes spans again", async (t) => {
  const told: string[] = [];
  const { tracer, sent, receiver } = await openTraced(t, {
    lost: (problem) => told.push(problem),
    back: () => told.push("back"),
  });
  const sendSome = async () => {
    const { length } = receiver.requests;
    // A full batch is sent at once.
    for (let i = 0; i < 512; i++) await tracer.span("one", {}, nothing);
    await eventually(() => receiver.requests.length > length, t);
  };
  receiver.answer(401);
  await sendSome();
  await sendSome();
  await eventually(() => told.length > 0, t);
  receiver.answer(200);
  await sendSome();
  await eventually(() => told.includes("back"), t);
  await sent();
  assert.deepEqual(told, ["it answered 401", "back"]);
});

test("a collector that answers nothing holds up neither the work nor the end", async (t) => {
  const { tracer, close, receiver } = await openTraced(t);
  receiver.hang();
  for (let i = 0; i < 20_000; i++) await tracer.span("one", {}, nothing);
  await eventually(() => receiver.requests.length > 0, t);
  // That it comes back at all: nobody ever answers.
  await close();
  assert.deepEqual(receiver.spans, []);
});
