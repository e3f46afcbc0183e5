import assert from "node:assert/strict";
import { test } from "node:test";
import { currentScope, inRequest, outside, scopeOfNow } from "../../../src/telemetry/scope.ts";
import { createTracer } from "../../../src/telemetry/tracer.ts";
import { openTraced } from "../../support/traced.ts";

test("the innermost span and the outermost are known to whatever happens in them", async (t) => {
  const { tracer, sent } = await openTraced(t);
  await tracer.span("outer", {}, async () => {
    const { span: outer } = currentScope();
    await tracer.span("inner", {}, async () => {
      await Promise.resolve();
      const { span, transaction } = currentScope();
      assert.notEqual(span, outer);
      assert.equal(transaction, outer);
    });
    assert.equal(currentScope().span, outer);
    await tracer.span("apart", { apart: true }, async () => {
      const { span, transaction } = currentScope();
      assert.equal(transaction, span);
    });
  });
  assert.equal(currentScope().span, undefined);
  assert.equal((await sent()).length, 3);
});

test("a cycle that a request has started names both", async () => {
  const tracer = createTracer();
  await inRequest("mine", () =>
    tracer.span("cycle", { cycle: 7 }, async () => {
      const { request, cycle } = currentScope();
      assert.equal(request, "mine");
      assert.match(cycle ?? "", /^[0-9a-f]{8}-7$/);
    }),
  );
});

test("what goes on after its starter is part of nothing", async (t) => {
  const { tracer, sent } = await openTraced(t);
  let later: Promise<unknown> = Promise.resolve();
  await inRequest("mine", () =>
    tracer.span("request", {}, async () => {
      later = outside(() => tracer.span("loop", {}, async () => currentScope().request));
    }),
  );
  assert.equal(await later, undefined);
  const loop = (await sent()).find(({ name }) => name === "loop");
  assert.equal(loop?.parentSpanId, "");
});

test("a scope can be come back to from anywhere", () => {
  const back = inRequest("mine", scopeOfNow);
  assert.equal(currentScope().request, undefined);
  assert.equal(
    back(() => currentScope().request),
    "mine",
  );
});
