import assert from "node:assert/strict";
import { test } from "node:test";
import { createCalls, endedWithin } from "../../../../src/adapters/kafka/calls.ts";
import { Fault } from "../../../../src/domain/faults.ts";

const calls = createCalls({ at: "Kafka at kafka:9092", secrets: [] });
const { signal } = new AbortController();
const never = () => Promise.withResolvers<string>().promise;

test("hands on what the library answers", async () => {
  assert.equal(await calls.call(async () => "answer", { signal }), "answer");
});

test("an error thrown by the library becomes a fault", async () => {
  const refuse = () => Promise.reject(new Error("odd"));
  await assert.rejects(calls.call(refuse, { signal }), {
    name: "Fault",
    message: "Kafka at kafka:9092: odd",
  });
});

test("a wait ends at its limit, and with the signal", async () => {
  await assert.rejects(calls.call(never, { signal, limitMs: 1 }), /no answer in time$/);
  const stop = new AbortController();
  const stopped = calls.call(never, { signal: stop.signal });
  stop.abort();
  await assert.rejects(stopped, /stopped before it answered$/);
});

test("nothing is begun once the signal has aborted", async () => {
  let begun = false;
  const begin = async () => {
    begun = true;
  };
  await assert.rejects(calls.call(begin, { signal: AbortSignal.abort() }), Fault);
  assert.equal(begun, false);
});

test("an error that comes after the wait is heard, and goes nowhere", async () => {
  const late = Promise.withResolvers<never>();
  await assert.rejects(
    calls.call(() => late.promise, { signal, limitMs: 1 }),
    Fault,
  );
  late.reject(new Error("late"));
  // An unheard rejection would fail the test.
  await new Promise((resolve) => setImmediate(resolve));
});

test("says whether something ended well in time", async () => {
  assert.equal(await endedWithin(Promise.resolve(), 1000), true);
  assert.equal(await endedWithin(Promise.reject(new Error("x")), 1000), false);
  assert.equal(await endedWithin(never(), 1), false);
});
