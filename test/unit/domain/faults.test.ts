import assert from "node:assert/strict";
import { test } from "node:test";
import { Fault } from "../../../src/domain/faults.ts";

test("a fault is an error that says its kind, hint, wait and cause", () => {
  const cause = new Error("socket hang up");
  const fault = new Fault("rate", "x: 429", { hint: "Wait.", retryAfterMs: 5, cause });
  assert.ok(fault instanceof Error);
  const { name, kind, message, hint, retryAfterMs } = fault;
  assert.deepEqual(
    { name, kind, message, hint, retryAfterMs, cause: fault.cause },
    { name: "Fault", kind: "rate", message: "x: 429", hint: "Wait.", retryAfterMs: 5, cause },
  );
});

test("a fault without details has none", () => {
  const fault = new Fault("outage", "down");
  assert.equal(fault.hint, undefined);
  assert.equal(fault.retryAfterMs, undefined);
});

test("a text that a server quotes in its error holds no secret", () => {
  const fault = new Fault("record", "cannot parse 'login failed: password=hunter2 for bob'");
  assert.equal(fault.message, "cannot parse 'login failed: password=*** for bob'");
});
