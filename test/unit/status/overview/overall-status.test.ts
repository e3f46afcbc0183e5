import assert from "node:assert/strict";
import { test } from "node:test";
import type { IssueFacts } from "../../../../src/status/issues/facts.ts";
import { issuesOf } from "../../../../src/status/issues/issues.ts";
import {
  overallStatus,
  type Facts,
  type OverallStatus,
} from "../../../../src/status/overview/overall-status.ts";
import type { PastCycle } from "../../../../src/status/overview/past-cycles.ts";
import {
  countedFacts,
  cycleFacts,
  down,
  goodFacts,
  reported,
} from "../../../support/issue-facts.ts";

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
const FINE: Omit<Facts, "issues"> = {
  running: undefined,
  counts: { pending: 0, otherModel: 0 },
  tailIsBusy: false,
  nextRunAt: "2026-01-02T03:10:00.000Z",
};

/** As the facts, and the cycle that ended last, make it. */
function statusOf(given: Partial<Omit<Facts, "issues">>, facts: Partial<IssueFacts>, last = GOOD) {
  const cycles = cycleFacts({ last, running: given.running !== undefined });
  return overallStatus({ ...FINE, ...given, issues: issuesOf(goodFacts({ cycles, ...facts })) });
}

const RUNNING = { drain: false };
const PENDING = { pending: 5, otherModel: 0 };
const REFUSING = down(["embedder", "quota"]);
const BAD: PastCycle = { ...GOOD, vectors: 0, deferred: 4 };

type Case = Partial<Omit<Facts, "issues">> & { facts?: Partial<IssueFacts>; last?: PastCycle };

const CASES: [what: string, facts: Case, word: OverallStatus["word"], reason: RegExp][] = [
  ["nothing to do", {}, "idle", /Every record has its vector/],
  ["nobody can count, but all answer", { counts: undefined }, "idle", /Nothing is running/],
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
  ["the first cycle of all", { running: RUNNING }, "working", /A cycle/],
  ["fresh logs", { tailIsBusy: true, counts: PENDING }, "working", /Fresh logs/],
  [
    "a budget used up",
    { facts: { reported: [reported("budget", "quota")] }, last: BAD, counts: PENDING },
    "waiting",
    /so it is/,
  ],
  [
    "a disk that is full for the state",
    { facts: { reported: [reported("state", "quota")] } },
    "idle",
    /Every record/,
  ],
  ["a paused index", { facts: { reported: [reported("index", "quota")] } }, "waiting", /so it is/],
  [
    "no vector from a whole cycle",
    { last: BAD, counts: PENDING },
    "stuck",
    /None of the 4 records/,
  ],
  [
    "no vector from a cycle of one record",
    { last: { ...BAD, taken: 1 }, counts: PENDING },
    "stuck",
    /The only record of the last cycle got no vector/,
  ],
  ["the next cycle after that", { last: BAD, running: RUNNING }, "working", /A cycle/],
  ["a cycle that failed", { last: { ...GOOD, error: "no such field" } }, "stuck", /no such field/],
  [
    "an embedder without money",
    { facts: { dependencies: REFUSING }, running: RUNNING },
    "stuck",
    /refuses every request/,
  ],
  [
    "an embedder without money is no outage",
    { facts: { dependencies: REFUSING } },
    "stuck",
    /refuses every request/,
  ],
  [
    "dead letters that nobody takes",
    { facts: { reported: [reported("dead_letters_blocked", "quota")] } },
    "stuck",
    /Dead letters/,
  ],
  [
    "no index that is fit",
    { facts: { counted: countedFacts({ indices: [] }) } },
    "stuck",
    /No fit index/,
  ],
  [
    "OpenSearch away",
    { facts: { dependencies: down(["opensearch", "outage"]) }, counts: undefined },
    "broken",
    /OpenSearch does not answer/,
  ],
  [
    "the embedder away",
    { facts: { dependencies: down(["embedder", "outage"]) }, running: RUNNING },
    "broken",
    /The embedder does not/,
  ],
  [
    "Kafka away",
    { facts: { dependencies: down(["kafka", "outage"]) } },
    "broken",
    /Kafka does not/,
  ],
  [
    "OpenSearch away and no money either",
    { facts: { dependencies: [...down(["opensearch", "outage"]), ...REFUSING] } },
    "broken",
    /OpenSearch/,
  ],
];

CASES.push([
  "all that is left to do are vectors of another model",
  { counts: { pending: 0, otherModel: 2 } },
  "idle",
  /^Every record has a vector, 2 of another model that search does not compare$/,
]);

for (const [what, { facts = {}, last, ...given }, word, reason] of CASES) {
  test(`${what}: ${word}`, () => {
    const state = statusOf(given, facts, last);
    assert.equal(state.word, word);
    assert.match(state.reason, reason);
  });
}

test("an issue comes with what to do about it", () => {
  assert.equal(statusOf({}, { dependencies: down(["opensearch", "outage"]) }).hint, "Fix it.");
  assert.equal(statusOf({}, { reported: [reported("limit", "rate")] }).hint, "Do it.");
});

test("an index of which a part cannot be seen keeps its records waiting", () => {
  const gaps = [{ index: "a", reason: "1 of 5 shards failed" }];
  const counts = { pending: null, otherModel: null };
  const { word, reason } = statusOf({ counts }, { counted: countedFacts({ gaps }) });
  assert.deepEqual([word, /1 of 5 shards failed/.test(reason)], ["waiting", true]);
});

test("a spent budget of a cycle does not make the state stuck", () => {
  const budget = reported("cycle_budget", "quota");
  assert.equal(statusOf({ counts: PENDING }, { reported: [budget] }, BAD).word, "waiting");
});
