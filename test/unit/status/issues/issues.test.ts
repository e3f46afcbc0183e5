import assert from "node:assert/strict";
import { test } from "node:test";
import type { IssueFacts } from "../../../../src/status/issues/facts.ts";
import { groupIssues } from "../../../../src/status/issues/group-issues.ts";
import { ISSUE_IDS, type Issue } from "../../../../src/status/issues/issue.ts";
import { issuesOf } from "../../../../src/status/issues/issues.ts";
import type { PastCycle } from "../../../../src/status/overview/past-cycles.ts";
import {
  backlog,
  countedFacts,
  cycleFacts,
  down,
  goodFacts,
  NOW,
  reported,
} from "../../../support/issue-facts.ts";

const iso = (ms: number) => new Date(ms).toISOString();
const LATER = { until: iso(NOW + 3_600_000) };
const counted = (changes: Parameters<typeof countedFacts>[0]) => ({
  counted: countedFacts(changes),
});

const CYCLE: PastCycle = {
  cycle: 3,
  drain: false,
  started_at: iso(NOW - 60_000),
  duration_ms: 5,
  found: 4,
  backlog: 4,
  taken: 4,
  vectors: 0,
  reused: 0,
  quarantined: 1,
  deferred: 3,
  faults: { outage: 3, record: 1 },
  tokens: 0,
  cost_usd: null,
  error: null,
};
const cycle = (last: Partial<PastCycle>, more: Parameters<typeof cycleFacts>[0] = {}) => ({
  cycles: cycleFacts({ last: { ...CYCLE, ...last }, ...more }),
});
const PROCESS = { role: "tail" as const, pid: 7, host: "h", heartbeat_at: iso(NOW - 600_000) };

/** `id which · severity · effect · what it is about`, and what it only follows from. */
const CASES: [what: string, facts: Partial<IssueFacts>, issues: string[]][] = [
  ["nothing", {}, []],
  [
    "nobody answers",
    { dependencies: down(["kafka", "outage"], ["opensearch", "outage"]) },
    [
      "opensearch · critical · broken · dependency opensearch",
      "kafka · critical · broken · dependency kafka",
    ],
  ],
  [
    "no money at the provider",
    { dependencies: down(["embedder", "quota"]) },
    ["embedder · critical · stuck · dependency embedder"],
  ],
  [
    "OpenSearch asks to slow down",
    { dependencies: down(["opensearch", "rate"]) },
    ["opensearch · info · broken · dependency opensearch"],
  ],
  [
    "a topic that cannot be read",
    { reported: [reported("source", "configuration", { which: "tail" })] },
    ["source tail · critical · waiting · process tail"],
  ],
  [
    "the same while Kafka is away",
    {
      dependencies: down(["kafka", "outage"]),
      reported: [reported("source", "outage", { which: "tail" })],
    },
    [
      "kafka · critical · broken · dependency kafka",
      "source tail · critical · waiting · process tail · from kafka",
    ],
  ],
  [
    "a tail that has not noticed yet that the embedder is back",
    {
      backLately: new Set(["embedder"]),
      reported: [reported("paused", "outage", { which: "tail" })],
    },
    ["paused tail · critical · waiting · process tail · from embedder"],
  ],
  [
    "dead letters that nobody takes",
    { reported: [reported("dead_letters_blocked", "configuration")] },
    ["dead_letters_blocked · critical · stuck · process"],
  ],
  [
    "a flood stage",
    { reported: [reported("index", "index", { which: "a" })] },
    ["index a · warning · waiting · collection a"],
  ],
  [
    "the budgets of the day and of a cycle",
    { reported: [reported("budget", "quota", LATER), reported("cycle_budget", "quota")] },
    ["budget · critical · waiting · process", "cycle_budget · info · waiting · process"],
  ],
  [
    "a sweep that failed",
    { reported: [reported("sweep", "outage")] },
    ["sweep · warning · none · process"],
  ],
  [
    "a limit that is waited for",
    { reported: [reported("limit", "rate", LATER)] },
    ["limit · info · waiting · process"],
  ],
  [
    "disks that are full",
    {
      reported: [
        reported("log_file", "configuration", { which: "/log" }),
        reported("state", "configuration"),
      ],
    },
    ["state · critical · none · process", "log_file /log · critical · none · process /log"],
  ],
  [
    "four fifths of the budget",
    { budget: { spentUsd: 4, limitUsd: 5, day: "2026-01-02" } },
    ["budget · warning · none · process"],
  ],
  [
    "a cycle that could not begin",
    cycle({ error: "no such field", taken: 0, faults: {} }),
    ["cycle · critical · stuck · process"],
  ],
  [
    "one that a moment of outage ended",
    cycle({ error: "refused", taken: 0, faults: { outage: 1 } }),
    ["cycle · info · stuck · process"],
  ],
  [
    "one that failed before the one that runs",
    cycle({ error: "no such field", taken: 0, faults: {} }, { running: true }),
    ["cycle · critical · none · process"],
  ],
  ["a cycle without a vector", cycle({}), ["fruitless_cycle · info · stuck · process"]],
  ["the next one after that", cycle({}, { running: true }), []],
  [
    "a cycle without a vector for a limit",
    { ...cycle({}), reported: [reported("limit", "rate", LATER)] },
    ["limit · info · waiting · process"],
  ],
  [
    "three starts that came to nothing",
    { cycles: cycleFacts({ missed: 3 }) },
    ["no_success · critical · none · process"],
  ],
  [
    "a backlog that grows",
    { backlog: backlog(900, 1000, 1100, 1200, 1300, 1400, 1500) },
    ["backlog · warning · none · process"],
  ],
  [
    "dead letters",
    { deadLetters: { since: NOW, byCode: new Map([["not_json", 3]]) } },
    ["dead_letters · warning · none · process"],
  ],
  [
    "something unusual",
    { anomalies: [{ series: "embed", since: iso(NOW), sentence: "3 s instead of 0.2 s" }] },
    ["anomaly embed · warning · none · process"],
  ],
  ["no index", counted({ indices: [] }), ["no_index · warning · stuck · dependency opensearch"]],
  [
    "indices that are skipped, one of them by intent",
    counted({
      unfit: [
        { index: "a", reason: "floats" },
        { index: "b", reason: "closed", intentional: true },
      ],
    }),
    ["unfit a · warning · none · collection a", "unfit b · info · none · collection b"],
  ],
  [
    "an index that stays partial",
    counted({ gaps: [{ index: "a", reason: "1 of 5 shards failed" }] }),
    ["partial a · warning · waiting · collection a"],
  ],
  [
    "an index that nobody can search",
    counted({ unsearchable: [{ index: "a", reason: "scripts are off" }] }),
    ["unsearchable a · warning · none · collection a"],
  ],
  [
    "an index that loses its vectors",
    counted({ looping: [{ index: "a", records: 2 }] }),
    ["looping a · warning · none · collection a"],
  ],
  [
    "an index without a text",
    counted({ textless: [{ index: "a", looked_in: ["message"], fields: ["payload"] }] }),
    ["textless a · warning · none · collection a"],
  ],
  [
    "vectors of another model",
    counted({
      other_models: {
        records: 3,
        models: [{ model: "old", dimensions: 8, records: 3 }],
        estimate: null,
        command: "log-vectorizer reembed",
      },
    }),
    ["other_model · info · none · dependency opensearch"],
  ],
  [
    "hashing that no setting names",
    counted({
      model: {
        model: "local-hashing-v1",
        dimensions: 1536,
        chosen_by: "stored_vectors",
        local_default: { name: "all-minilm-l6-v2", dimensions: 384 },
      },
    }),
    ["default_model · info · none · dependency opensearch"],
  ],
  [
    "vectors of another length",
    counted({ unfit: [{ index: "a", reason: "256 dimensions", dimensions: 256 }] }),
    [
      "unfit a · warning · none · collection a",
      "other_length · info · none · dependency opensearch",
    ],
  ],
  [
    "processes that died, hang, are silent, were stopped",
    counted({
      processes: [
        { ...PROCESS, state: "died" },
        { ...PROCESS, pid: 8, state: "not_responding" },
        { ...PROCESS, pid: 9, state: "silent" },
        { ...PROCESS, pid: 10, state: "stopped" },
      ],
    }),
    [
      "process tail 7 · warning · none · process tail",
      "process tail 8 · warning · none · process tail",
    ],
  ],
  [
    "a count that is refused",
    { counted: undefined, uncounted: { kind: "credentials", message: "403" } },
    ["uncounted · warning · none · dependency opensearch"],
  ],
  [
    "a count of an OpenSearch that is away",
    {
      dependencies: down(["opensearch", "outage"]),
      counted: undefined,
      uncounted: { kind: "outage", message: "refused" },
    },
    [
      "opensearch · critical · broken · dependency opensearch",
      "uncounted · warning · none · dependency opensearch · from opensearch",
    ],
  ],
];

function words({ id, which, severity, effect, subject, follows_from: cause }: Issue): string {
  const about = `${subject.kind} ${subject.name}`.trim();
  const from = cause === undefined ? [] : [`from ${cause}`];
  return [`${id} ${which}`.trim(), severity, effect ?? "none", about, ...from].join(" · ");
}

for (const [what, facts, expected] of CASES) {
  test(`issues: ${what}`, () => {
    const issues = issuesOf(goodFacts(facts));
    assert.deepEqual(issues.map(words), expected);
    for (const { title, past, detail, action, impact, since } of issues) {
      assert.ok([title, past, detail, action].every((one) => one.length > 0));
      assert.notEqual(impact, "");
      assert.ok(since === null || Date.parse(since) <= NOW);
    }
  });
}

test("every id that there may be has a case here", () => {
  const met = new Set(CASES.flatMap(([, facts]) => issuesOf(goodFacts(facts)).map(({ id }) => id)));
  assert.deepEqual(
    ISSUE_IDS.filter((id) => !met.has(id)),
    [],
  );
});

test("a mistake of ours is told without its place in the code", () => {
  const [issue] = issuesOf(goodFacts(cycle({ error: "oops\n    at secret-place.ts:1" })));
  assert.equal(issue?.detail, "oops");
});

test("repeated issues are grouped, and none that people are told of gives way to others", () => {
  const unfit = Array.from({ length: 600 }, (_, i) => ({
    index: `i${i}`,
    reason: "closed",
    ...(i < 590 ? { intentional: true as const } : {}),
  }));
  const issues = issuesOf(goodFacts(counted({ unfit })));
  assert.equal(issues.length, 500);
  assert.equal(issues.filter(({ severity }) => severity === "warning").length, 10);
  assert.deepEqual([issues.at(-1)?.which, issues.at(-1)?.unlisted], ["others", 100]);
});

test("indices with the same reason are one for a person, with a few names", () => {
  const unfit = ["a", "b", "c", "d"].map((index) => ({ index, reason: "floats" }));
  const other = { index: "e", reason: "no room" };
  const groups = groupIssues(issuesOf(goodFacts(counted({ unfit: [...unfit, other] }))));
  assert.deepEqual(
    groups.map(({ title, detail }) => `${title}: ${detail}`),
    ["4 indices are skipped: a, b, c and 1 more: floats", "Index e is skipped: no room"],
  );
});
