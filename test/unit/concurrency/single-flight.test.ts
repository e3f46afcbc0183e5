import assert from "node:assert/strict";
import { test } from "node:test";
import { createSingleFlight } from "../../../src/concurrency/single-flight.ts";

function setUp() {
  const runs: { signal: AbortSignal; end: PromiseWithResolvers<number> }[] = [];
  const ask = createSingleFlight((signal) => {
    const end = Promise.withResolvers<number>();
    runs.push({ signal, end });
    return end.promise;
  });
  return { runs, ask };
}

const { signal } = new AbortController();

test("those who ask at the same time share one run, those after it start another", async () => {
  const { runs, ask } = setUp();
  const asked = [ask(signal), ask(signal), ask(signal)];
  assert.equal(runs.length, 1);
  runs[0]?.end.resolve(1);
  assert.deepEqual(await Promise.all(asked), [1, 1, 1]);
  const next = ask(signal);
  assert.equal(runs.length, 2);
  runs[1]?.end.resolve(2);
  assert.equal(await next, 2);
});

test("a failure is that of all who asked, and of nobody later", async () => {
  const { runs, ask } = setUp();
  const asked = [ask(signal), ask(signal)];
  runs[0]?.end.reject(new Error("no"));
  for (const one of asked) await assert.rejects(one, /^Error: no$/);
  const next = ask(signal);
  runs[1]?.end.resolve(2);
  assert.equal(await next, 2);
});

test("one who leaves ends it for himself, and the last one for good", async () => {
  const { runs, ask } = setUp();
  const [first, second] = [new AbortController(), new AbortController()];
  const asked = [ask(first.signal), ask(second.signal)] as const;
  first.abort();
  await assert.rejects(asked[0], { kind: "outage" });
  assert.equal(runs[0]?.signal.aborted, false);
  second.abort();
  await assert.rejects(asked[1], { kind: "outage" });
  assert.equal(runs[0]?.signal.aborted, true);
  const next = ask(signal);
  assert.equal(runs.length, 2, "a run that was stopped is joined by nobody");
  runs[1]?.end.resolve(2);
  assert.equal(await next, 2);
  await assert.rejects(ask(first.signal), { kind: "outage" });
});
