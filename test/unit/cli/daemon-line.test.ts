import assert from "node:assert/strict";
import { test } from "node:test";
import { processLines } from "../../../src/cli/daemon-line.ts";
import type { ProcessEntry } from "../../../src/status/heartbeat.ts";
import { isHealthy, processHealth } from "../../../src/status/process-health.ts";
import type { Liveness } from "../../../src/ports/process-table.ts";

const BEAT = "2026-01-02T03:04:05.000Z";
const NOW = Date.parse(BEAT);
const STARTED = "2026-01-01T00:00:00.000Z";
const ENTRY: ProcessEntry = {
  role: "daemon",
  pid: 4711,
  host: "node-1",
  namespace: "pid:[1]",
  start: "100",
  started_at: STARTED,
  heartbeat_at: BEAT,
};

const LATE = NOW + 90_001;
const RUNNING = `Daemon: running (process 4711) since ${STARTED}.`;
const CASES: [string, Partial<ProcessEntry>, Liveness, number, boolean, string][] = [
  ["has just begun", {}, "running", NOW, true, RUNNING],
  ["has missed two beats", {}, "running", NOW + 90_000, true, RUNNING],
  [
    "is there and has missed three beats",
    {},
    "running",
    LATE,
    false,
    `Daemon: process 4711 exists but has not responded since ${BEAT}.`,
  ],
  [
    "was killed a moment ago",
    {},
    "gone",
    NOW,
    false,
    `Daemon: process 4711 died without a stop; its last heartbeat was at ${BEAT}.`,
  ],
  ["is in another container", {}, "unknown", NOW, true, RUNNING],
  [
    "was in another container",
    {},
    "unknown",
    LATE,
    false,
    `Daemon: silent since ${BEAT} (process 4711 on node-1, which cannot be seen from here).`,
  ],
  [
    "was stopped",
    { stopped_at: BEAT },
    "gone",
    NOW + 1000,
    false,
    `Daemon: stopped at ${BEAT} (process 4711).`,
  ],
  [
    "has done much",
    {
      totals: { runs: 1, vectors: 237, errors: 1, average_rate: 8 },
      last_cycle: { finished_at: "2026-01-02T03:00:00.000Z", summary: {} },
      next_run_at: "2026-01-02T03:10:00.000Z",
      last_error: { at: "2026-01-02T02:50:00.000Z", message: "connection refused" },
      memory: { used_bytes: 181_400_000, limit_bytes: 512 * 1024 ** 2 },
      of_a_later_version: true,
    },
    "running",
    NOW,
    true,
    `Daemon: running (process 4711) since ${STARTED} · 1 run, 237 vectors, 1 error · memory 181 of 537 MB · last cycle 2026-01-02T03:00:00.000Z · next run 2026-01-02T03:10:00.000Z · last error 2026-01-02T02:50:00.000Z: connection refused.`,
  ],
  ["left its work in another form", { totals: "many" }, "running", NOW, true, RUNNING],
];

for (const [what, changes, liveness, now, healthy, lines] of CASES) {
  test(`a daemon that ${what} is ${healthy ? "healthy" : "not healthy"}`, () => {
    const all = processHealth([{ ...ENTRY, ...changes }], { livenessOf: () => liveness }, now);
    assert.equal(processLines(all), lines);
    assert.equal(isHealthy(all), healthy);
  });
}

test("where no process was ever seen that is said, and is not healthy", () => {
  assert.equal(processLines([]), "Daemon: none has run with this STATE_DIR.");
  assert.equal(isHealthy([]), false);
});

const OTHERS: [string, Record<number, Liveness>, Partial<ProcessEntry>, boolean][] = [
  ["was stopped", {}, { stopped_at: BEAT }, true],
  ["died", { 4711: "gone" }, {}, false],
  ["is in another container and silent", { 4711: "unknown" }, { heartbeat_at: STARTED }, true],
];
for (const [what, states, changes, healthy] of OTHERS) {
  test(`a tail beside a daemon that ${what} is ${healthy ? "healthy" : "not enough"}, and both are shown`, () => {
    const consumed = { taken: 12, dead_letters: 1, outcomes: { updated: 8, reused: 2 } };
    const entries = [
      { ...ENTRY, ...changes },
      { ...ENTRY, role: "tail" as const, pid: 4712, consumed },
    ];
    const livenessOf = ({ pid }: { pid: number }) => states[pid] ?? "running";
    const all = processHealth(entries, { livenessOf }, NOW);
    const [daemon, tail] = processLines(all).split("\n");
    assert.match(daemon ?? "", /^Daemon: /);
    assert.equal(
      tail,
      `Tail: running (process 4712) since ${STARTED} · from Kafka 12 records, 10 vectors, 1 dead letter.`,
    );
    assert.equal(isHealthy(all), healthy);
  });
}
