import assert from "node:assert/strict";
import { getEventListeners } from "node:events";
import { test } from "node:test";
import { linkedAbort } from "../../../src/concurrency/time-limit.ts";

test("it aborts with its parent, for the parent's reason", () => {
  const parent = new AbortController();
  using link = linkedAbort(parent.signal);
  parent.abort("stopped");
  assert.deepEqual([link.signal.aborted, link.signal.reason], [true, "stopped"]);
});

test("it aborts by itself and leaves its parent alone", () => {
  const parent = new AbortController();
  using link = linkedAbort(parent.signal);
  link.abort("enough");
  assert.deepEqual([link.signal.reason, parent.signal.aborted], ["enough", false]);
});

test("a parent that has aborted aborts it at once", () => {
  using link = linkedAbort(AbortSignal.abort("long ago"));
  assert.equal(link.signal.reason, "long ago");
});

test("the parent keeps nothing of one that was disposed of", () => {
  const parent = new AbortController();
  {
    using link = linkedAbort(parent.signal);
    assert.equal(link.signal.aborted, false);
    assert.equal(getEventListeners(parent.signal, "abort").length, 1);
  }
  assert.equal(getEventListeners(parent.signal, "abort").length, 0);
});
