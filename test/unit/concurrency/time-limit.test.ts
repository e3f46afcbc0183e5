import assert from "node:assert/strict";
import { getEventListeners } from "node:events";
import { test } from "node:test";
import { timeLimit } from "../../../src/concurrency/time-limit.ts";

test("a limit follows its parent, and tells a parent's end from its own", () => {
  const parent = new AbortController();
  using limit = timeLimit(parent.signal, 60_000);
  parent.abort(new Error("stop"));
  assert.ok(limit.signal.aborted);
  assert.equal(limit.timedOut(), false);
});

test("a limit aborts by itself once its time is up", async () => {
  using limit = timeLimit(new AbortController().signal, 0);
  await new Promise((resolve) => limit.signal.addEventListener("abort", resolve, { once: true }));
  assert.equal(limit.timedOut(), true);
});

test("a signal that lives as long as the process keeps nothing of limits that are over", () => {
  const { signal } = new AbortController();
  for (let i = 0; i < 100; i++) {
    using limit = timeLimit(signal, 60_000);
    limit.signal.addEventListener("abort", () => undefined, { once: true });
  }
  assert.equal(getEventListeners(signal, "abort").length, 0);
});
