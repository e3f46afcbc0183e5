import type { SampledRecord } from "../../ports/record-statistics.ts";
import { shareInterval, type Interval } from "./intervals.ts";

/** `high`: null where nothing bounds it. */
export type CountInterval = { low: number; high: number | null };

/** A share of all records, from 0 to 1, by the value of a trait; NONE where a record has none. */
export type Shares = ReadonlyMap<string, Interval & { share: number }>;

/** What somebody believes of records of which only a sample was seen. */
export type Estimate = {
  /** `sample`: nobody but the sample itself. */
  estimatedBy: string;
  total: number;
  errors: number;
  /** From 0 to 1; null where there are no records. */
  errorRate: number | null;
  byLevel: Shares;
  byService: Shares;
  intervals: { total: CountInterval; errors: CountInterval; errorRate: Interval | null };
  /** Of a value that no sampled record has. */
  unseen: Interval;
  /** From 0 to 1; null where there are no records. */
  confidence: number | null;
};

/** Stands for the level or the service of records without one. */
export const NONE = "(none)";

export type Sample = { rows: readonly SampledRecord[]; whole: boolean };

/** What was counted in the slices, and their share of the window, from 0 to 1. */
export type Slices = { records: number; share: number };

/**
 * The shares are those of the sample, with the intervals of `shareInterval`. The total is what was counted in the slices by their share
 * of the window, as long as the sample does not contradict it: sampled records that fall into the slices tell what share of all
 * records they hold (capture and recapture: C. G. J. Petersen 1896, F. C. Lincoln 1930), whatever the records' course in time. The
 * interval of the total comes from that share, and an estimate outside of it moves to its nearer end.
 */
export function estimateBySample({ rows, whole }: Sample, slices: Slices): Estimate {
  const n = rows.length;
  const errors = rows.filter(({ isError }) => isError).length;
  const within = (hits: number): Interval =>
    whole ? { low: hits / Math.max(1, n), high: hits / Math.max(1, n) } : shareInterval(hits, n);
  const shares = (trait: "level" | "service"): Shares => {
    const counts = Map.groupBy(rows, (row) => row[trait] ?? NONE);
    return new Map(
      [...counts].map(([value, { length }]) => [value, { share: length / n, ...within(length) }]),
    );
  };
  const recaptured = rows.filter(({ inSpans }) => inSpans).length;
  const exact = { low: n, high: n };
  const interval = whole ? exact : totalInterval(shareInterval(recaptured, n), slices.records, n);
  const total = whole ? n : clamp(Math.round(slices.records / slices.share), interval);
  const rate = n === 0 ? null : errors / n;
  const rateInterval = n === 0 ? null : within(errors);
  return {
    estimatedBy: "sample",
    total,
    errors: rate === null ? 0 : Math.round(total * rate),
    errorRate: rate,
    byLevel: shares("level"),
    byService: shares("service"),
    intervals: {
      total: interval,
      errors: whole ? { low: errors, high: errors } : errorInterval(rows, slices),
      errorRate: rateInterval,
    },
    unseen: within(0),
    confidence: rateInterval && confidenceOf(interval, rateInterval),
  };
}

/** Of all records, where `share` of them is in slices with `counted` records. At least the sampled ones are there. */
function totalInterval(share: Interval, counted: number, sampled: number): CountInterval {
  const low = share.high > 0 ? Math.floor(counted / share.high) : 0;
  return {
    low: Math.max(low, sampled),
    high: share.low > 0 && counted > 0 ? Math.max(Math.ceil(counted / share.low), sampled) : null,
  };
}

/** From the least total with the least rate to the most with the most: both are sure enough that their product is. */
function errorInterval(rows: readonly SampledRecord[], slices: Slices): CountInterval {
  const of = (is: (row: SampledRecord) => boolean) =>
    shareInterval(rows.filter(is).length, rows.length, "both");
  const total = totalInterval(
    of(({ inSpans }) => inSpans),
    slices.records,
    rows.length,
  );
  const rate = of(({ isError }) => isError);
  return {
    low: Math.floor(total.low * rate.low),
    high: total.high === null ? null : Math.ceil(total.high * rate.high),
  };
}

function clamp(value: number, { low, high }: CountInterval): number {
  return Math.max(low, high === null ? value : Math.min(high, value));
}

/**
 * Half of it is the least total divided by the largest, half is 1 without the width of the error rate's interval: 1 where both are
 * known exactly, and near 0 where both may be anything.
 */
function confidenceOf(total: CountInterval, rate: Interval): number {
  const ofTotal = total.high === null ? 0 : total.high === 0 ? 1 : total.low / total.high;
  return (ofTotal + 1 - (rate.high - rate.low)) / 2;
}
