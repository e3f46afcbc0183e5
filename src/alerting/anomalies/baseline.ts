import { z } from "zod";
import { median } from "../../domain/median.ts";

/** How a series is measured. */
export type Measure = {
  /** Differences that are small beside it count for little; above it ratios count. In the unit of the values. */
  soft: number;
  /** The least spread that is believed, as a natural logarithm: 0.1 is about a tenth. */
  leastSpread: number;
};

/** What is usual at some hour. */
type Usual = {
  /** How far a value is above the middle, in standard deviations of what is usual; below it: negative. */
  deviation(value: number): number;
  /** The range in which nineteen of twenty values are. */
  range: [low: number, high: number];
};

/** What a series was in the last days, by the hour: bounded, whatever comes. */
export type Baseline = {
  add(at: number, value: number): void;
  /** Undefined as long as there is too little to go by. */
  usual(at: number): Usual | undefined;
  /** What was before that hour counts no longer. */
  forgetBefore(at: number): void;
  kept(): KeptBaseline;
};

const keptShape = z.array(
  z.strictObject({ hour: z.int(), values: z.array(z.number().nonnegative()).min(1).max(60) }),
);
type KeptBaseline = z.infer<typeof keptShape>;

const HOUR_MS = 3_600_000;
const KEPT_HOURS = 7 * 24;
const VALUES_AN_HOUR = 12;
/** In an hour that is not over. */
const MAX_OPEN_VALUES = 60;
/** Every hour of the day must have been seen: the first morning is no anomaly. */
const FIRST_HOURS = 24;
/** Fewer values have no middle that can be relied on. */
const ENOUGH_VALUES = 24;
/** How many hours to either side are taken, of each day: as few as give enough. */
const HOURS_BESIDE = [1, 3, 12] as const;
/** Makes of a median of absolute deviations what a standard deviation would be. */
const DEVIATION_PER_MAD = 1.4826;
const IN_NINETEEN_OF_TWENTY = 2;
const DOUBT_OF_ONE_DAY = 0.5;

/** Goes on from what was kept; where that makes no sense it begins from nothing. */
export function createBaseline({ soft, leastSpread }: Measure, kept: unknown): Baseline {
  let hours: KeptBaseline = keptShape.safeParse(kept).data ?? [];
  let cached: { hour: number; usual: Usual | undefined } | undefined;
  const scaled = (value: number) => Math.log(value + soft);
  const unscaled = (scale: number) => Math.max(0, Math.exp(scale) - soft);
  const usualAt = (hour: number): Usual | undefined => {
    const past = hours.filter((one) => one.hour < hour);
    const [first] = past;
    if (!first || hour - first.hour < FIRST_HOURS) return undefined;
    const pool = HOURS_BESIDE.map((beside) => valuesAround(past, hour, beside)).find(
      ({ length }) => length >= ENOUGH_VALUES,
    );
    if (!pool) return undefined;
    const scales = pool.map(scaled);
    const middle = median(scales);
    const mad = median(scales.map((scale) => Math.abs(scale - middle)));
    // A day or two say little of how days differ.
    const days = (hour - first.hour) / 24;
    const spread = Math.max(leastSpread, DEVIATION_PER_MAD * mad) * (1 + DOUBT_OF_ONE_DAY / days);
    const reach = IN_NINETEEN_OF_TWENTY * spread;
    return {
      deviation: (value) => (scaled(value) - middle) / spread,
      range: [unscaled(middle - reach), unscaled(middle + reach)],
    };
  };
  return {
    add(at, value) {
      const hour = Math.floor(at / HOUR_MS);
      // What a clock that was wrong said of the future never comes to be.
      hours = hours.filter((one) => one.hour <= hour && one.hour > hour - KEPT_HOURS);
      const last = hours.at(-1);
      if (last?.hour === hour) {
        last.values.push(value);
        if (last.values.length > MAX_OPEN_VALUES) last.values = thinned(last.values);
        return;
      }
      if (last) last.values = thinned(last.values);
      hours.push({ hour, values: [value] });
    },
    usual(at) {
      const hour = Math.floor(at / HOUR_MS);
      if (cached?.hour !== hour) cached = { hour, usual: usualAt(hour) };
      return cached.usual;
    },
    forgetBefore(at) {
      hours = hours.filter(({ hour }) => hour >= Math.floor(at / HOUR_MS));
      cached = undefined;
    },
    kept: () => hours.map(({ hour, values }) => ({ hour, values: thinned(values) })),
  };
}

/** Of the same hours of each day. */
function valuesAround(past: KeptBaseline, hour: number, beside: number): number[] {
  return past.flatMap((one) => {
    const apart = (hour - one.hour) % 24;
    return Math.min(apart, 24 - apart) <= beside ? one.values : [];
  });
}

/** Fewer values with the same middle and spread: every so many of them in their order. */
function thinned(values: readonly number[]): number[] {
  if (values.length <= VALUES_AN_HOUR) return [...values];
  const sorted = values.toSorted((a, b) => a - b);
  const step = sorted.length / VALUES_AN_HOUR;
  return Array.from(
    { length: VALUES_AN_HOUR },
    (_, i) => sorted[Math.floor((i + 0.5) * step)] ?? 0,
  );
}
