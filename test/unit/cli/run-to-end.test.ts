import assert from "node:assert/strict";
import { EventEmitter } from "node:events";
import { test } from "node:test";
import { explain } from "../../../src/cli/error-answer.ts";
import { EXIT, type ExitCode } from "../../../src/cli/exit-code.ts";
import type { WatchedProcess } from "../../../src/app/shutdown.ts";
import { runToEnd, Stopped } from "../../../src/cli/run-to-end.ts";
import { Fault } from "../../../src/domain/faults.ts";
import type { StopSignals } from "../../../src/ports/stop-signals.ts";

const noUsage = () => assert.fail("no usage problem");

function setUp(work: (stop: StopSignals, send: (signal: string) => void) => Promise<ExitCode>) {
  const emitter = new EventEmitter();
  const process: WatchedProcess = {
    on: (signal, listener) => emitter.on(signal, listener),
    off: (signal, listener) => emitter.off(signal, listener),
    exit: () => assert.fail("not by force"),
  };
  const said: string[] = [];
  const events = {
    stopping: ({ signal }: { signal: string }) => said.push(`stopping: ${signal}`),
    stopped: () => said.push("stopped"),
  };
  const send = (signal: string) => emitter.emit(signal, signal);
  return { said, ended: runToEnd({ process }, events, (stop) => work(stop, send)) };
}

for (const code of [EXIT.ok, EXIT.incomplete, EXIT.usage, EXIT.unavailable]) {
  test(`without a signal the exit code is that of the work: ${code}`, async () => {
    const { ended, said } = setUp(async () => code);
    assert.equal(await ended, code);
    assert.deepEqual(said, []);
  });
  for (const [signal, expected] of [
    ["SIGINT", 130],
    ["SIGTERM", 143],
  ] as const) {
    test(`after ${signal} the exit code is ${expected} where the work returns ${code}`, async () => {
      const { ended, said } = setUp(async (stop, send) => {
        send(signal);
        assert.equal(stop.requested.aborted, true);
        return code;
      });
      assert.equal(await ended, expected);
      assert.deepEqual(said, [`stopping: ${signal}`, "stopped"]);
    });
  }
}

for (const [name, error, message] of [
  [
    "a Fault",
    new Fault("outage", "opensearch: no answer"),
    "Stopped by SIGTERM: opensearch: no answer",
  ],
  [
    "an AbortError",
    new DOMException("aborted", "AbortError"),
    "Stopped by SIGTERM: nothing was answered",
  ],
] as const) {
  test(`work that ends with ${name} after a signal is explained as stopped, with its exit code`, async () => {
    const { ended } = setUp(async (_, send) => {
      send("SIGTERM");
      throw error;
    });
    const stopped: unknown = await ended.catch((thrown: unknown) => thrown);
    assert.ok(stopped instanceof Stopped);
    assert.deepEqual(explain(stopped, noUsage), { code: 143, kind: "stopped", message });
  });
}

test("a Fault without a signal, and a bug after one, are thrown as they are", async () => {
  const fault = new Fault("outage", "opensearch: no answer");
  await assert.rejects(setUp(() => Promise.reject(fault)).ended, fault);
  const bug = new TypeError("x is not a function");
  const { ended, said } = setUp((_, send) => {
    send("SIGINT");
    return Promise.reject(bug);
  });
  await assert.rejects(ended, bug);
  assert.deepEqual(said, ["stopping: SIGINT", "stopped"]);
});
