import assert from "node:assert/strict";
import { test } from "node:test";
import { noOutcomes } from "../../../src/domain/outcome.ts";
import type { CycleSummary } from "../../../src/domain/summary.ts";
import {
  count,
  lasted,
  seconds,
  spentWords,
  summaryLine,
  timeLeft,
  timeOfDay,
  usd,
} from "../../../src/telemetry/phrases.ts";

const SUMMARY: CycleSummary = {
  cycle: 1,
  found: 237,
  backlog: 137,
  other_model: 0,
  skipped: 0,
  looping: 0,
  false_marks: 0,
  gaps: [],
  taken: 100,
  outcomes: { ...noOutcomes(), updated: 64, reused: 36 },
  embedding: { requests: 1, texts: 64, tokens: 1000, cost_usd: null },
  duration_ms: 12_450,
  indices: { fit: 1, unfit: 0 },
};
const TOTALS = { runs: 1, vectors: 100, errors: 0, average_rate: 8 };

function table<T>(name: string, say: (given: T) => string, cases: [T, string][]): void {
  for (const [given, expected] of cases) {
    test(`${name} of ${typeof given === "object" ? JSON.stringify(given) : String(given)} is ${expected}`, () =>
      assert.equal(say(given), expected));
  }
}

table("count", (n: number) => count(n, "text"), [
  [0, "0 texts"],
  [1, "1 text"],
  [2, "2 texts"],
]);
table("lasted", lasted, [
  [0, "less than 1 s"],
  [1, "1 s"],
  [83, "83 s"],
  [119, "119 s"],
  [120, "2 min"],
  [125, "2 min 5 s"],
  [3599, "59 min 59 s"],
  [3605, "1 h"],
  [7500, "2 h 5 min"],
  [86_400, "1 day"],
  [93_600, "1 day 2 h"],
  [3 * 86_400 + 59, "3 days"],
]);
table("count", (n: number) => count(n, "index"), [
  [1, "1 index"],
  [3, "3 indices"],
]);
table("seconds", (ms: number) => seconds(ms), [
  [1249, "1.2 s"],
  [0, "0.0 s"],
]);
table("time left", timeLeft, [
  [null, "unknown"],
  [0, "0 s"],
  [11.2, "12 s"],
  [59, "59 s"],
  [60, "1 min 00 s"],
  [59.1, "1 min 00 s"],
  [200, "3 min 20 s"],
  [3600, "1 h 00 min"],
  [7530, "2 h 05 min"],
]);
table("cost", usd, [
  [null, "cost unknown"],
  [0, "$0"],
  [0.000013, "$0.000013"],
  [0.5, "$0.50"],
  [12.345, "$12.35"],
]);

const PART = "The price of 1000 of them is not known";
const NEXT = "Set EMBEDDING_PRICE_PER_MILLION_TOKENS to count later costs.";
const LIMIT = "$0.05 (MAX_COST_USD_PER_DAY)";
const PARTLY = { tokens: 3000, cost_usd: 0.02, unpriced_tokens: 1000 };
table("what was spent", spentWords, [
  [{ tokens: 0, cost_usd: 0, limit_usd: 0.05 }, `0 tokens, $0 of ${LIMIT}.`],
  [{ tokens: 2112, cost_usd: 0.02, limit_usd: 0.05 }, `2112 tokens, $0.02 of ${LIMIT}.`],
  [{ tokens: 2112, cost_usd: 0.02, limit_usd: null }, "2112 tokens, $0.02."],
  [{ tokens: 1, cost_usd: null, limit_usd: null }, `1 token. Its price is not known. ${NEXT}`],
  [
    { tokens: 3000, cost_usd: null, limit_usd: 0.05 },
    `3000 tokens. Their price is not known, so the limit of ${LIMIT} does not count this use. ${NEXT}`,
  ],
  [{ ...PARTLY, limit_usd: null }, `3000 tokens, at least $0.02. ${PART}. ${NEXT}`],
  [
    { ...PARTLY, limit_usd: 0.05 },
    `3000 tokens, at least $0.02 of ${LIMIT}. ${PART}, so that limit does not count this use. ${NEXT}`,
  ],
]);

test("a time of day is in UTC and says so", () => {
  assert.equal(timeOfDay(new Date("2026-01-02T15:20:00+02:00")), "13:20:00 UTC");
});

test("the summary names what went other than well", () => {
  const outcomes = {
    ...noOutcomes(),
    updated: 10,
    empty: 1,
    missing: 2,
    conflicted: 3,
    already_vectorized: 4,
    quarantined: 5,
    deferred: 6,
  };
  assert.equal(
    summaryLine("Cycle #2", { ...SUMMARY, outcomes, duration_ms: 2000 }, TOTALS),
    "Cycle #2 summary: duration 2.00 s · vectors 10 (total 100) · 5.00 vectors/s · errors 11 · empty 1 · missing 2 · conflicted 3 · already vectorized 4 · backlog 137",
  );
});

test("the summary names the cost where there is one", () => {
  const embedding = { ...SUMMARY.embedding, cost_usd: 0.0042 };
  assert.match(summaryLine("Cycle #1", { ...SUMMARY, embedding }, TOTALS), /· \$0\.004200$/);
  const free = { ...SUMMARY.embedding, cost_usd: 0 };
  assert.doesNotMatch(summaryLine("Cycle #1", { ...SUMMARY, embedding: free }, TOTALS), /\$/);
});

test("a cycle that took no time has no rate", () => {
  assert.match(
    summaryLine("Cycle #1", { ...SUMMARY, duration_ms: 0 }, TOTALS),
    / 0\.00 vectors\/s/,
  );
});
