import assert from "node:assert/strict";
import { test } from "node:test";
import {
  accuracyOf,
  verdictOf,
  type Figure,
  type Grade,
  type Truth,
} from "../../../../src/analysis/statistics/accuracy.ts";
import type { Estimate, Shares } from "../../../../src/analysis/statistics/estimate.ts";

const TRUTH: Truth = {
  total: 1000,
  errors: 100,
  byLevel: new Map([
    ["ERROR", 100],
    ["INFO", 900],
  ]),
  byService: new Map([["shop", 1000]]),
};

function shares(values: Record<string, number>): Shares {
  return new Map(
    Object.entries(values).map(([name, share]) => [name, { share, low: share, high: share }]),
  );
}

const EXACT: Estimate = {
  estimatedBy: "sample",
  total: 1000,
  errors: 100,
  errorRate: 0.1,
  byLevel: shares({ ERROR: 0.1, INFO: 0.9 }),
  byService: shares({ shop: 1 }),
  intervals: {
    total: { low: 900, high: null },
    errors: { low: 0, high: 99 },
    errorRate: { low: 0.1, high: 0.2 },
  },
  unseen: { low: 0, high: 0 },
  confidence: 1,
};

const CASES: [what: string, change: Partial<Estimate>, figure: Figure, accuracy: number][] = [
  ["the truth itself", {}, "total_logs", 1],
  ["a tenth too much", { total: 1100 }, "total_logs", 0.9],
  ["a quarter too little", { errors: 75 }, "error_count", 0.75],
  ["three times too much", { errorRate: 0.4 }, "error_rate", 0],
  [
    "three of ten records elsewhere",
    { byLevel: shares({ INFO: 0.7, WARN: 0.3 }) },
    "by_level",
    0.7,
  ],
  ["nothing right", { byService: shares({ billing: 1 }) }, "by_service", 0],
];
for (const [what, change, figure, expected] of CASES) {
  test(`${figure} by an estimate of ${what} is accurate by ${expected}`, () => {
    const { figures } = accuracyOf(TRUTH, { ...EXACT, ...change }) ?? {};
    assert.ok(Math.abs((figures?.[figure] ?? NaN) - expected) < 1e-9, JSON.stringify(figures));
  });
}

test("where there are no errors, only the estimate of none is accurate", () => {
  const none = { ...TRUTH, errors: 0 };
  assert.equal(accuracyOf(none, { ...EXACT, errors: 0 })?.figures.error_count, 1);
  assert.equal(accuracyOf(none, { ...EXACT, errors: 1 })?.figures.error_count, 0);
});

test("an interval holds the truth with its ends, and without an upper one", () => {
  const { held } = accuracyOf(TRUTH, EXACT) ?? {};
  assert.deepEqual(held, {
    total_logs: true,
    error_count: false,
    error_rate: true,
    by_level: 1,
    by_service: 1,
  });
});

test("without records there is nothing to compare", () => {
  assert.equal(accuracyOf({ ...TRUTH, total: 0 }, EXACT), undefined);
});

const VERDICTS: [overall: number, least: number, grade: Grade, canReplaceDb: boolean][] = [
  [0.95, 0.9, "excellent", true],
  [0.99, 0.89, "excellent", false],
  [0.9499, 0.94, "good", false],
  [0.9, 0.9, "good", false],
  [0.8999, 0.8, "fair", false],
  [0.8, 0, "fair", false],
  [0.7999, 0, "poor", false],
];
for (const [overall, least, grade, canReplaceDb] of VERDICTS) {
  test(`an accuracy of ${overall}, of the worst figure ${least}, is ${grade}`, () => {
    const figures = {
      total_logs: 1,
      error_count: 1,
      error_rate: least,
      by_level: 1,
      by_service: 1,
    };
    const verdict = verdictOf({ overall, figures });
    assert.deepEqual(verdict, { grade, canReplaceDb, weakest: "error_rate" });
  });
}
