import assert from "node:assert/strict";
import { test } from "node:test";
import type { Dependency } from "../../../../src/status/readiness.ts";
import type { PastCycle } from "../../../../src/status/overview/past-cycles.ts";
import {
  overallStatus,
  type Facts,
  type OverallStatus,
} from "../../../../src/status/overview/overall-status.ts";
import type { Trouble } from "../../../../src/status/issues/reported-faults.ts";

const GOOD: PastCycle = {
  cycle: 1,
  drain: false,
  started_at: "2026-01-02T03:04:05.000Z",
  duration_ms: 1,
  found: 4,
  backlog: 0,
  taken: 4,
  vectors: 4,
  reused: 0,
  quarantined: 0,
  deferred: 0,
  faults: {},
  tokens: 1,
  cost_usd: 0,
  error: null,
};
const FINE: Facts = {
  readiness: { ready: true, dependencies: [] },
  refusing: undefined,
  troubles: [],
  running: undefined,
  lastCycle: GOOD,
  counts: { pending: 0, otherModel: 0, fitIndices: 1 },
  gaps: [],
  tailIsBusy: false,
  nextRunAt: "2026-01-02T03:10:00.000Z",
};

function down(name: Dependency["name"]): Facts["readiness"] {
  const error = {
    kind: "outage",
    message: "refused",
    hint: "Start it.",
    since: "2026-01-02T03:04:05.000Z",
  };
  const one = { name, ready: false, latency_ms: null, last_success: null, error };
  return { ready: false, dependencies: [one] };
}

function trouble(what: Trouble["what"]): Trouble {
  return {
    what,
    which: "",
    kind: "quota",
    since: "2026-01-02T03:04:05.000Z",
    message: "so it is",
    hint: "Do it.",
  };
}

const REFUSING = { message: "no money", hint: "Add some." };
const RUNNING = { drain: false };
const PENDING = { pending: 5, otherModel: 0, fitIndices: 1 };
const BAD: PastCycle = { ...GOOD, vectors: 0, deferred: 4 };

const CASES: [what: string, facts: Partial<Facts>, word: OverallStatus["word"], reason: RegExp][] =
  [
    ["nothing to do", {}, "idle", /Every record has its vector/],
    ["nobody can count, but all answer", { counts: undefined }, "idle", /Nothing is under way/],
    ["a backlog", { counts: PENDING }, "waiting", /5 records wait for the next cycle/],
    ["one record left", { counts: { ...PENDING, pending: 1 } }, "waiting", /1 record waits/],
    [
      "a backlog in a process without cycles",
      { counts: PENDING, nextRunAt: undefined },
      "waiting",
      /for the daemon/,
    ],
    ["a cycle", { running: RUNNING, counts: PENDING }, "working", /A cycle/],
    ["a drain", { running: { drain: true } }, "working", /A drain/],
    ["the first cycle of all", { running: RUNNING, lastCycle: undefined }, "working", /A cycle/],
    ["fresh logs", { tailIsBusy: true, counts: PENDING }, "working", /Fresh logs/],
    [
      "a budget used up",
      { troubles: [trouble("budget")], lastCycle: BAD, counts: PENDING },
      "waiting",
      /so it is/,
    ],
    ["a disk that is full for the state", { troubles: [trouble("state")] }, "idle", /Every record/],
    ["a paused index", { troubles: [trouble("index")] }, "waiting", /so it is/],
    [
      "no vector from a whole cycle",
      { lastCycle: BAD, counts: PENDING },
      "stuck",
      /Not one of the 4 records/,
    ],
    [
      "no vector from a cycle of one record",
      { lastCycle: { ...BAD, taken: 1 }, counts: PENDING },
      "stuck",
      /The only record of the last cycle did not get its vector/,
    ],
    ["the next cycle after that", { lastCycle: BAD, running: RUNNING }, "working", /A cycle/],
    [
      "a cycle that failed",
      { lastCycle: { ...GOOD, error: "no such field" } },
      "stuck",
      /no such field/,
    ],
    ["an embedder without money", { refusing: REFUSING, running: RUNNING }, "stuck", /no money/],
    [
      "an embedder without money is no outage",
      { refusing: REFUSING, readiness: down("embedder") },
      "stuck",
      /no money/,
    ],
    [
      "dead letters that nobody takes",
      { troubles: [trouble("dead_letters")] },
      "stuck",
      /Dead letters/,
    ],
    [
      "no index that is fit",
      { counts: { pending: 0, otherModel: 0, fitIndices: 0 } },
      "stuck",
      /No fit index/,
    ],
    [
      "OpenSearch away",
      { readiness: down("opensearch"), counts: undefined },
      "broken",
      /OpenSearch does not answer/,
    ],
    [
      "the embedder away",
      { readiness: down("embedder"), running: RUNNING },
      "broken",
      /The embedder does not/,
    ],
    ["Kafka away", { readiness: down("kafka") }, "broken", /Kafka does not/],
    [
      "OpenSearch away and no money either",
      { readiness: down("opensearch"), refusing: REFUSING },
      "broken",
      /OpenSearch/,
    ],
  ];

CASES.push([
  "all that is left to do are vectors of another model",
  { counts: { pending: 0, otherModel: 2, fitIndices: 1 } },
  "idle",
  /^Every record has a vector, 2 of another model that search does not compare$/,
]);

for (const [what, facts, word, reason] of CASES) {
  test(`${what}: ${word}`, () => {
    const state = overallStatus({ ...FINE, ...facts });
    assert.equal(state.word, word);
    assert.match(state.reason, reason);
  });
}

test("what is wrong comes with what to do about it", () => {
  assert.equal(overallStatus({ ...FINE, readiness: down("opensearch") }).hint, "Start it.");
  assert.equal(overallStatus({ ...FINE, refusing: REFUSING }).hint, "Add some.");
  assert.equal(overallStatus({ ...FINE, troubles: [trouble("limit")] }).hint, "Do it.");
});
