import assert from "node:assert/strict";
import { test } from "node:test";
import { daemonHealth } from "../../src/cli/daemon-line.ts";

const BEAT = "2026-01-02T03:04:05.000Z";
const NOW = Date.parse(BEAT);
const STATE = { pid: 4711, started_at: "2026-01-01T00:00:00.000Z", heartbeat_at: BEAT };

const CASES: [string, unknown, number, boolean, string][] = [
  ["never ran", undefined, NOW, false, "Daemon: never seen here (STATE_DIR)."],
  ["left nonsense", { pid: "x" }, NOW, false, "Daemon: never seen here (STATE_DIR)."],
  ["left null", null, NOW, false, "Daemon: never seen here (STATE_DIR)."],
  [
    "has just begun",
    STATE,
    NOW,
    true,
    "Daemon: running (process 4711) since 2026-01-01T00:00:00.000Z.",
  ],
  [
    "has missed two beats",
    STATE,
    NOW + 90_000,
    true,
    "Daemon: running (process 4711) since 2026-01-01T00:00:00.000Z.",
  ],
  [
    "has missed three beats",
    STATE,
    NOW + 90_001,
    false,
    `Daemon: silent since ${BEAT} (process 4711).`,
  ],
  ["was stopped", { ...STATE, stopped_at: BEAT }, NOW + 1000, false, `Daemon: stopped at ${BEAT}.`],
  [
    "was stopped long ago",
    { ...STATE, stopped_at: BEAT },
    NOW + 1e9,
    false,
    `Daemon: stopped at ${BEAT}.`,
  ],
  [
    "has much to tell",
    {
      ...STATE,
      totals: { runs: 3, vectors: 237, errors: 1, averageRate: 8 },
      last_cycle: { finished_at: "2026-01-02T03:00:00.000Z", summary: {} },
      next_run_at: "2026-01-02T03:10:00.000Z",
      last_error: { at: "2026-01-02T02:50:00.000Z", message: "connection refused" },
      of_a_later_version: true,
    },
    NOW,
    true,
    "Daemon: running (process 4711) since 2026-01-01T00:00:00.000Z · 3 runs, 237 vectors, 1 error · last cycle 2026-01-02T03:00:00.000Z · next run 2026-01-02T03:10:00.000Z · last error 2026-01-02T02:50:00.000Z: connection refused.",
  ],
];

for (const [what, state, now, alive, line] of CASES) {
  test(`a daemon that ${what} is ${alive ? "alive" : "not alive"}`, () => {
    assert.deepEqual(daemonHealth({ daemon: state }, now), { alive, line });
  });
}

test("a tail beside a daemon that was stopped is alive, and both are told", () => {
  const consumed = { taken: 12, deadLetters: 1, outcomes: { updated: 8, reused: 2 } };
  const states = {
    daemon: { ...STATE, stopped_at: BEAT },
    tail: { ...STATE, pid: 4712, consumed },
    worker: undefined,
  };
  assert.deepEqual(daemonHealth(states, NOW), {
    alive: true,
    line: `Daemon: stopped at ${BEAT}.\nTail: running (process 4712) since 2026-01-01T00:00:00.000Z · from Kafka 12 records, 10 vectors, 1 dead letter.`,
  });
});
