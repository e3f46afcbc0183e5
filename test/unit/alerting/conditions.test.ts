import assert from "node:assert/strict";
import { test } from "node:test";
import { conditionsOf as readConditions } from "../../../src/alerting/conditions.ts";
import { FAULT_POLICIES } from "../../../src/domain/fault-policy.ts";
import type { IssueFacts } from "../../../src/status/issues/facts.ts";
import type { BacklogPoint } from "../../../src/status/overview/backlog-history.ts";
import type { PastCycle } from "../../../src/status/overview/past-cycles.ts";
import {
  backlog,
  countedFacts,
  cycleFacts,
  down,
  goodFacts,
  NOW,
  reported,
} from "../../support/issue-facts.ts";

const MINUTE = 60_000;
const HOUR = 3_600_000;
const iso = (ms: number) => new Date(ms).toISOString();

const conditionsOf = (facts: IssueFacts, deadLettersAreSure = true) =>
  readConditions(facts, { deadLettersAreSure });

const FAILED: PastCycle = {
  cycle: 3,
  drain: false,
  started_at: iso(NOW - MINUTE),
  duration_ms: 5,
  found: 0,
  backlog: 0,
  taken: 0,
  vectors: 0,
  reused: 0,
  quarantined: 0,
  deferred: 0,
  faults: {},
  tokens: 0,
  cost_usd: null,
  error: "no such field\n    at secret-place.ts:1",
};

const GROWING = [900, 1000, 1100, 1200, 1300, 1400, 1500];

const CASES: [what: string, facts: Partial<IssueFacts>, told: string[]][] = [
  ["nothing", {}, []],
  [
    "an embedder that is away",
    { dependencies: down(["embedder", "outage"]) },
    ["critical The embedder does not answer"],
  ],
  [
    "a key that is refused",
    { dependencies: down(["embedder", "credentials"]) },
    ["critical The embedder refuses every request"],
  ],
  [
    "an empty purse",
    { dependencies: down(["embedder", "quota"]) },
    ["critical The embedder refuses every request"],
  ],
  [
    "OpenSearch refuses this process",
    { dependencies: down(["opensearch", "credentials"]) },
    ["critical OpenSearch refuses this process"],
  ],
  [
    "everybody away",
    { dependencies: down(["opensearch", "outage"], ["kafka", "outage"]) },
    ["critical OpenSearch does not answer", "critical Kafka does not answer"],
  ],
  [
    "asked to slow down",
    { dependencies: down(["opensearch", "rate"]), reported: [reported("limit", "rate")] },
    [],
  ],
  [
    "a topic that is not there",
    { reported: [reported("source", "configuration", { which: "tail" })] },
    ["critical Kafka cannot be read (tail)"],
  ],
  [
    "a topic that cannot be read while Kafka is away",
    {
      dependencies: down(["kafka", "outage"]),
      reported: [reported("source", "outage"), reported("dead_letters_blocked", "outage")],
    },
    ["critical Kafka does not answer"],
  ],
  [
    "a tail that has not noticed yet that Kafka is back",
    { backLately: new Set(["kafka"]), reported: [reported("source", "outage", { which: "tail" })] },
    [],
  ],
  [
    "a topic that is gone once Kafka is back",
    {
      backLately: new Set(["kafka"]),
      reported: [reported("source", "configuration", { which: "tail" })],
    },
    ["critical Kafka cannot be read (tail)"],
  ],
  [
    "a tail that waits for an embedder that is away",
    {
      dependencies: down(["embedder", "outage"]),
      reported: [reported("paused", "outage", { which: "tail" })],
    },
    ["critical The embedder does not answer"],
  ],
  [
    "a tail that waits though all answer",
    { reported: [reported("paused", "outage", { which: "tail" })] },
    ["critical The tail is paused"],
  ],
  [
    "dead letters that nobody takes",
    { reported: [reported("dead_letters_blocked", "configuration")] },
    ["critical Dead letters cannot be written"],
  ],
  [
    "flood stage",
    { reported: [reported("index", "index", { which: "logs-1" })] },
    ["warning Index logs-1 takes no updates"],
  ],
  [
    "a disk that is full",
    { reported: [reported("state", "configuration")] },
    ["critical The state directory cannot be written"],
  ],
  ["a cycle's own budget", { reported: [reported("cycle_budget", "quota")] }, []],
  [
    "the day's budget",
    {
      reported: [reported("budget", "quota", { until: iso(NOW + HOUR) })],
      budget: { spentUsd: 4.99, limitUsd: 5, day: "2026-01-02" },
    },
    ["critical The budget of the day is used up"],
  ],
  [
    "four fifths of it",
    { budget: { spentUsd: 4, limitUsd: 5, day: "2026-01-02" } },
    ["warning 80 % of the day's budget is spent"],
  ],
  ["less of it", { budget: { spentUsd: 3.99, limitUsd: 5, day: "2026-01-02" } }, []],
  [
    "all of it",
    { budget: { spentUsd: 5, limitUsd: 5, day: "2026-01-02" } },
    ["critical The budget of the day is used up"],
  ],
  ["two intervals without a success", { cycles: cycleFacts({ missed: 2, ended: true }) }, []],
  [
    "three of them",
    { cycles: cycleFacts({ missed: 3, ended: true }) },
    ["critical No successful cycle for 3 intervals"],
  ],
  [
    "three of them, for want of money",
    {
      cycles: cycleFacts({ missed: 3, ended: true }),
      reported: [reported("cycle_budget", "quota")],
    },
    [],
  ],
  [
    "a cycle that could not begin",
    { cycles: cycleFacts({ last: FAILED }) },
    ["critical The last cycle could not begin"],
  ],
  [
    "one that a moment of outage ended",
    { cycles: cycleFacts({ last: { ...FAILED, faults: { outage: 1 } } }) },
    [],
  ],
  [
    "an hour of growth",
    { backlog: backlog(...GROWING) },
    ["warning The backlog has been growing for an hour"],
  ],
  [
    "the same hour where cycles start every two",
    { backlog: backlog(...GROWING), cycles: cycleFacts({ longestGapMs: 2 * HOUR }) },
    [],
  ],
  [
    "growth of less than one cycle",
    { backlog: backlog(...GROWING), cycles: cycleFacts({ batchSize: 1000 }) },
    [],
  ],
  [
    "growth with one quarter's fall",
    { backlog: backlog(900, 1000, 1100, 1200, 1050, 1400, 1000) },
    [],
  ],
  ["growth for half an hour", { backlog: backlog(1200, 1300, 1400, 1500) }, []],
  [
    "growth that nobody watched",
    { backlog: [{ at: iso(NOW - 5 * HOUR), pending: 1 }, ...backlog(1400, 1500)] },
    [],
  ],
  ["growth in a process without cycles", { backlog: backlog(...GROWING), cycles: undefined }, []],
  [
    "dead letters",
    {
      deadLetters: {
        since: NOW,
        byCode: new Map([
          ["not_json", 3],
          ["no_id", 9],
        ]),
      },
    },
    ["warning Messages become dead letters"],
  ],
  [
    "an index that became unfit",
    { counted: countedFacts({ unfit: [{ index: "old", reason: "it holds floats" }] }) },
    ["warning Index old is skipped"],
  ],
  [
    "an index that somebody closed",
    { counted: countedFacts({ unfit: [{ index: "old", reason: "closed", intentional: true }] }) },
    [],
  ],
  [
    "something unusual",
    { anomalies: [{ series: "embed", since: iso(NOW), sentence: "3 s instead of 0.2 s" }] },
    ["warning Embedding is slower than usual"],
  ],
];

for (const [what, facts, told] of CASES) {
  test(`${what}: ${told.join(", ") || "nobody is told"}`, () => {
    const { conditions } = conditionsOf(goodFacts(facts));
    assert.deepEqual(
      conditions.map(({ severity, title }) => `${severity} ${title}`),
      told,
    );
    for (const { detail, action, since } of conditions) {
      assert.ok(detail.length > 0 && action.length > 0 && since <= NOW);
      assert.doesNotMatch(detail, /secret-place/);
    }
  });
}

test("every kind of fault says how pressing it is and whether somebody is told", () => {
  const sent = Object.entries(FAULT_POLICIES).flatMap(([kind, { alert }]) =>
    alert.sent ? [kind] : [],
  );
  assert.deepEqual(sent.toSorted(), ["configuration", "credentials", "index", "outage", "quota"]);
});

test("only what may pass by itself is waited for", () => {
  const transient = (facts: Partial<IssueFacts>) =>
    conditionsOf(goodFacts(facts)).conditions[0]?.transient;
  assert.equal(transient({ dependencies: down(["embedder", "outage"]) }), true);
  assert.equal(transient({ dependencies: down(["embedder", "credentials"]) }), false);
  assert.equal(transient({ reported: [reported("index", "index")] }), false);
});

test("the impact is stated where it is known, with the age of the count", () => {
  const impact = (facts: Partial<IssueFacts>) =>
    conditionsOf(goodFacts(facts)).conditions[0]?.impact;
  const dependencies = down(["embedder", "quota"]);
  assert.equal(
    impact({ dependencies, backlog: backlog(12) }),
    "12 records wait for a vector; nothing is lost",
  );
  const old = [{ at: iso(NOW - HOUR), pending: 1 }];
  assert.equal(
    impact({ dependencies, backlog: old }),
    "1 record waits for a vector, as counted at 2026-01-02 02:04 UTC; nothing is lost",
  );
  assert.equal(impact({ dependencies }), "no record gets a vector meanwhile; nothing is lost");
  const budget = { spentUsd: 4.5, limitUsd: 5, day: "2026-01-02" };
  assert.match(impact({ budget, backlog: backlog(3) }) ?? "", /^3 records wait/);
  assert.match(
    impact({ dependencies: down(["kafka", "outage"]), lag: 7 }) ?? "",
    /^7 messages not settled/,
  );
});

test("a budget of which a part had no known price is told as at least that", () => {
  const budget = { spentUsd: 4.5, limitUsd: 5, day: "2026-01-02", unpricedTokens: 1200 };
  const { conditions } = conditionsOf(goodFacts({ budget }));
  assert.equal(
    conditions[0]?.detail,
    "at least $4.50 of $5.00 spent today, and 1200 tokens of unknown price (2026-01-02, UTC)",
  );
});

test("dead letters are told by code and number, and by nothing of theirs", () => {
  const burst = {
    since: NOW,
    byCode: new Map([
      ["not_json", 3],
      ["no_id", 9],
    ]),
  };
  const { conditions } = conditionsOf(goodFacts({ deadLetters: burst }));
  assert.equal(conditions[0]?.detail, "12 messages so far: no_id 9, not_json 3");
});

function manyUnfit(count: number, from = 0): NonNullable<IssueFacts["counted"]>["unfit"] {
  return Array.from({ length: count }, (_, i) => ({ index: `i${i + from}`, reason: "floats" }));
}

test("a thousand unfit indices are no thousand things, and none that is left out is over", () => {
  const { conditions, sure } = conditionsOf(
    goodFacts({ counted: countedFacts({ unfit: manyUnfit(1000) }) }),
  );
  assert.equal(conditions.length, 500);
  assert.deepEqual(
    [conditions[499]?.which, conditions[499]?.title],
    ["others", "501 more of the same kind"],
  );
  assert.equal(sure.has("unfit"), false);
});

test("one more of a hundred is told, and pushes none of the others out", () => {
  const before = conditionsOf(goodFacts({ counted: countedFacts({ unfit: manyUnfit(100, 1) }) }));
  const after = conditionsOf(goodFacts({ counted: countedFacts({ unfit: manyUnfit(101) }) }));
  const names = (seen: typeof before) => new Set(seen.conditions.map(({ which }) => which));
  assert.deepEqual([...names(after).difference(names(before))], ["i0"]);
  assert.deepEqual([...names(before).difference(names(after))], []);
  assert.equal(after.sure.has("unfit"), true);
});

test("a condition that cannot be checked now is not taken for resolved", () => {
  const sure = (facts: Partial<IssueFacts>) => conditionsOf(goodFacts(facts)).sure;
  const kafkaDown = down(["kafka", "outage"], ["opensearch", "outage"]);
  const hidden = sure({ dependencies: kafkaDown, counted: undefined });
  for (const id of ["source", "dead_letters_blocked", "paused", "unfit"] as const) {
    assert.equal(hidden.has(id), false, id);
  }
  assert.equal(hidden.has("kafka"), true);
  assert.equal(sure({ cycles: cycleFacts({ missed: 0, ended: false }) }).has("cycle"), false);
  assert.equal(sure({ cycles: undefined }).has("backlog"), false);
  assert.equal(conditionsOf(goodFacts(), false).sure.has("dead_letters"), false);
});

test("that cycles succeed again is known by a success, or by starts enough without one", () => {
  const sure = (changes: Parameters<typeof cycleFacts>[0]) =>
    conditionsOf(goodFacts({ cycles: cycleFacts(changes) })).sure;
  assert.equal(sure({ missed: 2, ended: true }).has("no_success"), false, "all of them failed");
  assert.equal(sure({ missed: 2, ended: true }).has("cycle"), true);
  assert.equal(sure({ missed: 3, ended: true }).has("no_success"), true);
  assert.equal(sure({ missed: 0, ended: true, lastSuccess: NOW }).has("no_success"), true);
});

test("that a backlog grows no more is known only where it was counted", () => {
  const sure = (points: BacklogPoint[]) =>
    conditionsOf(goodFacts({ backlog: points })).sure.has("backlog");
  assert.equal(sure(backlog(...GROWING)), true);
  assert.equal(sure(backlog(900, 1000, 1100, 1200, 1300, 1400, 1000)), true);
  assert.equal(sure([]), false, "never counted");
  assert.equal(sure(backlog(1400, 1500)), false, "not for an hour yet");
  const now = NOW + 20 * MINUTE;
  const { sure: since } = conditionsOf(goodFacts({ now, backlog: backlog(...GROWING) }));
  assert.equal(since.has("backlog"), false, "not within the last quarter of an hour");
});
