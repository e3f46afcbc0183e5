import assert from "node:assert/strict";
import { test } from "node:test";
import {
  currentContext,
  inRequest,
  withoutContext,
  bindContext,
} from "../../../src/telemetry/log-context.ts";
import { createTracer } from "../../../src/telemetry/tracer.ts";
import { openTraced } from "../../support/servers/traced.ts";

test("the innermost span and the outermost are known to whatever happens in them", async (t) => {
  const { tracer, sent } = await openTraced(t);
  await tracer.span("outer", {}, async () => {
    const { span: outer } = currentContext();
    await tracer.span("inner", {}, async () => {
      await Promise.resolve();
      const { span, transaction } = currentContext();
      assert.notEqual(span, outer);
      assert.equal(transaction, outer);
    });
    assert.equal(currentContext().span, outer);
    await tracer.span("apart", { apart: true }, async () => {
      const { span, transaction } = currentContext();
      assert.equal(transaction, span);
    });
  });
  assert.equal(currentContext().span, undefined);
  assert.equal((await sent()).length, 3);
});

test("a cycle that a request has started names both", async () => {
  const tracer = createTracer();
  await inRequest("mine", () =>
    tracer.span("cycle", { cycle: 7 }, async () => {
      const { request, cycle } = currentContext();
      assert.equal(request, "mine");
      assert.match(cycle ?? "", /^[0-9a-f]{8}-7$/);
    }),
  );
});

test("work that continues after its starter belongs to no trace", async (t) => {
  const { tracer, sent } = await openTraced(t);
  let later: Promise<unknown> = Promise.resolve();
  await inRequest("mine", () =>
    tracer.span("request", {}, async () => {
      later = withoutContext(() => tracer.span("loop", {}, async () => currentContext().request));
    }),
  );
  assert.equal(await later, undefined);
  const loop = (await sent()).find(({ name }) => name === "loop");
  assert.equal(loop?.parentSpanId, "");
});

test("a scope can be come back to from anywhere", () => {
  const back = inRequest("mine", bindContext);
  assert.equal(currentContext().request, undefined);
  assert.equal(
    back(() => currentContext().request),
    "mine",
  );
});
