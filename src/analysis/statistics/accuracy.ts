import type { CountInterval, Estimate, Shares } from "./estimate.ts";
import type { Interval } from "./intervals.ts";

/** As the store counted it. */
export type Truth = {
  total: number;
  errors: number;
  byLevel: ReadonlyMap<string, number>;
  byService: ReadonlyMap<string, number>;
};

export const FIGURES = [
  "total_logs",
  "error_count",
  "error_rate",
  "by_level",
  "by_service",
] as const;
export type Figure = (typeof FIGURES)[number];

/** From 0 to 1. `held`: whether the interval holds the truth; of levels and services: the share of those that it does. */
export type Accuracy = {
  figures: Record<Figure, number>;
  held: Record<"total_logs" | "error_count" | "error_rate", boolean> &
    Record<"by_level" | "by_service", number>;
  overall: number;
};

/**
 * How near an estimate is to the truth; undefined where there are no records. Of a number: 1 without its relative error, and 0 from an
 * error of 100 % on. Of the shares of levels and services: 1 without their total variation distance, half of the sum of all
 * differences (D. Levin, Y. Peres, "Markov Chains and Mixing Times", 2nd ed. 2017, proposition 4.2). Overall: the mean of the five.
 */
export function accuracyOf(truth: Truth, estimate: Estimate): Accuracy | undefined {
  const { total, errors, byLevel, byService } = truth;
  const { errorRate, intervals, unseen } = estimate;
  if (total === 0) return undefined;
  const rate = errors / total;
  const figures = {
    total_logs: nearness(total, estimate.total),
    error_count: nearness(errors, estimate.errors),
    error_rate: nearness(rate, errorRate ?? 0),
    by_level: 1 - distance(sharesOf(byLevel, total), estimate.byLevel),
    by_service: 1 - distance(sharesOf(byService, total), estimate.byService),
  };
  const heldOf = (counts: ReadonlyMap<string, number>, shares: Shares) => {
    const all = [...new Set([...counts.keys(), ...shares.keys()])];
    const held = all.filter((name) => {
      return isWithin((counts.get(name) ?? 0) / total, shares.get(name) ?? unseen);
    });
    return held.length / all.length;
  };
  return {
    figures,
    held: {
      total_logs: isWithin(total, intervals.total),
      error_count: isWithin(errors, intervals.errors),
      error_rate: isWithin(rate, intervals.errorRate ?? unseen),
      by_level: heldOf(byLevel, estimate.byLevel),
      by_service: heldOf(byService, estimate.byService),
    },
    overall: FIGURES.reduce((sum, name) => sum + figures[name], 0) / FIGURES.length,
  };
}

function nearness(truth: number, estimate: number): number {
  if (truth === 0) return estimate === 0 ? 1 : 0;
  return Math.max(0, 1 - Math.abs(estimate - truth) / truth);
}

function sharesOf(counts: ReadonlyMap<string, number>, total: number): Map<string, number> {
  return new Map([...counts].map(([name, records]) => [name, records / total]));
}

function distance(truth: ReadonlyMap<string, number>, estimate: Shares): number {
  const all = new Set([...truth.keys(), ...estimate.keys()]);
  const differences = [...all].map((name) =>
    Math.abs((truth.get(name) ?? 0) - (estimate.get(name)?.share ?? 0)),
  );
  return Math.min(1, differences.reduce((sum, one) => sum + one, 0) / 2);
}

/** Floats of equal shares may differ in their last digit. */
const EPSILON = 1e-9;

function isWithin(value: number, { low, high }: CountInterval | Interval): boolean {
  return value >= low - EPSILON && (high === null || value <= high + EPSILON);
}

export type Grade = "excellent" | "good" | "fair" | "poor";

/** The least overall accuracy of each grade; any lower one is poor. Conventions of this project. */
const LEAST: readonly [Grade, number][] = [
  ["excellent", 0.95],
  ["good", 0.9],
  ["fair", 0.8],
];
/** An estimate can stand for the counts where it is excellent and no figure is below this. */
const LEAST_FIGURE = 0.9;

export type Verdict = { grade: Grade; canReplaceDb: boolean; weakest: Figure };

export function verdictOf({ overall, figures }: Pick<Accuracy, "overall" | "figures">): Verdict {
  const grade = LEAST.find(([, least]) => overall >= least)?.[0] ?? "poor";
  const weakest = FIGURES.reduce((a, b) => (figures[b] < figures[a] ? b : a));
  const canReplaceDb = grade === "excellent" && figures[weakest] >= LEAST_FIGURE;
  return { grade, canReplaceDb, weakest };
}
