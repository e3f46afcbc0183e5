import assert from "node:assert/strict";
import { EventEmitter } from "node:events";
import { test, type TestContext } from "node:test";
import { watchSignals, type WatchedProcess } from "../../../src/app/shutdown.ts";

function setUp(t: TestContext) {
  t.mock.timers.enable({ apis: ["setTimeout"] });
  const emitter = new EventEmitter();
  const exits: number[] = [];
  const told: string[] = [];
  const process = {
    on: (signal, listener) => emitter.on(signal, listener),
    off: (signal, listener) => emitter.off(signal, listener),
    exit: (code) => void exits.push(code),
  } satisfies WatchedProcess;
  const stop = watchSignals(process, (signal) => told.push(signal));
  const stages = () => {
    const { requested, embedding, everything } = stop;
    return [requested, embedding, everything].filter(({ aborted }) => aborted).length;
  };
  const send = (signal: "SIGINT" | "SIGTERM") => emitter.emit(signal, signal);
  return { stop, send, exits, told, stages, emitter, tick: (ms: number) => t.mock.timers.tick(ms) };
}

test("nothing stops before a signal comes", (t) => {
  const { stages, exits, tick } = setUp(t);
  tick(60_000);
  assert.equal(stages(), 0);
  assert.deepEqual(exits, []);
});

for (const [signal, code] of [
  ["SIGTERM", 143],
  ["SIGINT", 130],
] as const) {
  test(`${signal} stops in stages; work that hangs is cut off within 8 s, with exit code ${code}`, (t) => {
    const { send, stages, exits, told, tick } = setUp(t);
    send(signal);
    assert.deepEqual(told, [signal]);
    assert.equal(stages(), 1);
    tick(4999);
    assert.equal(stages(), 1);
    tick(1);
    assert.equal(stages(), 2);
    tick(1999);
    assert.equal(stages(), 2);
    tick(1);
    assert.equal(stages(), 3);
    assert.deepEqual(exits, []);
    tick(999);
    assert.deepEqual(exits, [code]);
  });
}

for (const [second, code] of [
  ["SIGTERM", 143],
  ["SIGINT", 130],
] as const) {
  test(`a second signal, ${second}, ends it at once`, (t) => {
    const { send, exits, told } = setUp(t);
    send("SIGTERM");
    assert.deepEqual(exits, []);
    send(second);
    assert.deepEqual(exits, [code]);
    assert.deepEqual(told, ["SIGTERM"]);
  });
}

test("the stop is told before anything is stopped", (t) => {
  t.mock.timers.enable({ apis: ["setTimeout"] });
  const emitter = new EventEmitter();
  const order: string[] = [];
  const stop = watchSignals(
    {
      on: (signal, listener) => emitter.on(signal, listener),
      off: (signal, listener) => emitter.off(signal, listener),
      exit: () => undefined,
    },
    () => order.push("told"),
  );
  stop.requested.addEventListener("abort", () => order.push("stopped"));
  emitter.emit("SIGTERM", "SIGTERM");
  assert.deepEqual(order, ["told", "stopped"]);
});

test("when all is released, no timer exits and no signal is caught any more", (t) => {
  const { stop, send, exits, emitter, tick } = setUp(t);
  send("SIGTERM");
  stop[Symbol.dispose]();
  tick(60_000);
  assert.deepEqual(exits, []);
  assert.equal(emitter.listenerCount("SIGTERM") + emitter.listenerCount("SIGINT"), 0);
});
