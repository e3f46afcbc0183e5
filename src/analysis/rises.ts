import type { Minute } from "./episodes.ts";

/** How much more often a group is seen in one window than in the one before. */
export type Lift = {
  /** Records in the window and in the one before it. */
  during: number;
  before: number;
  /** The ratio of their rates, drawn towards 1 where there are few records. */
  lift: number;
  /** The lift is at least that, with a certainty of about 97.5 %. Above 1: it rose. */
  atLeast: number;
};

/** A group that rose with an episode. */
export type Rise = Lift & { group: string };

const SHRINKAGE = 0.5;
/** "In ±10 minutes". */
const REACH_MS = 10 * 60_000;

/**
 * Observed to expected records with shrinkage: (O + ½) / (E + ½), where E is what the rate of the window before would have come to
 * in `duringMs`. `atLeast` is the lower end of its 95 % interval, from log₂ lift − 3.3 (O + ½)^−½ − 2 (O + ½)^−1½. Norén, Hopstadius,
 * Bate: Shrinkage observed-to-expected ratios for robust and transparent large-scale pattern discovery, Statistical Methods in
 * Medical Research 22(1), 2013, doi:10.1177/0962280211403604. Three records of what was never seen rose; two did not.
 */
export function liftOf(windows: {
  during: number;
  before: number;
  duringMs: number;
  beforeMs: number;
}): Lift {
  const { during, before, duringMs, beforeMs } = windows;
  const expected = beforeMs > 0 ? (before * duringMs) / beforeMs : 0;
  const observed = during + SHRINKAGE;
  const lift = observed / (expected + SHRINKAGE);
  const least = Math.log2(lift) - 3.3 * observed ** -0.5 - 2 * observed ** -1.5;
  return { during, before, lift, atLeast: 2 ** least };
}

/** `fromMs`: when the episode began; `reachMs`: how far around that is looked. */
export type Surroundings = { fromMs: number; nowMs: number; reachMs: number };

/**
 * How far around the beginning of an episode is looked, in ms: 10 minutes, or the silence that divides episodes where that is
 * shorter, because what lies beyond it belongs to another one.
 */
export function reachOf(quietLeastMs: number): number {
  return Math.min(REACH_MS, quietLeastMs);
}

/** The window round the beginning of an episode, up to now, and the one before it that it is compared with, in ms. */
export function windowsOf({ fromMs, nowMs, reachMs }: Surroundings) {
  const [start, end] = [fromMs - reachMs, Math.min(fromMs + reachMs, nowMs)];
  return { during: [start, end], before: [start - 2 * reachMs, start] } as const;
}

/** How much a group rose round the beginning of an episode. `minutes`: over both windows of `windowsOf`. */
function liftAround(surroundings: Surroundings, minutes: readonly Minute[]): Lift {
  const { during, before } = windowsOf(surroundings);
  return liftOf({
    during: countWithin(minutes, during),
    before: countWithin(minutes, before),
    duringMs: during[1] - during[0],
    beforeMs: before[1] - before[0],
  });
}

/**
 * What rose with an episode: of the given other groups, those whose lift is above 1 with certainty, the surest first, at most `top`.
 * `others`: what was seen in the same service, with its minutes over both windows of `windowsOf`.
 */
export function roseWith(
  surroundings: Surroundings,
  others: readonly { group: string; minutes: readonly Minute[] }[],
  top: number,
): Rise[] {
  return others
    .map(({ group, minutes }) => ({ group, ...liftAround(surroundings, minutes) }))
    .filter(({ atLeast }) => atLeast > 1)
    .toSorted((a, b) => b.atLeast - a.atLeast || (a.group < b.group ? -1 : 1))
    .slice(0, top);
}

/** Of the minutes that begin within [from, to). */
function countWithin(minutes: readonly Minute[], [from, to]: readonly [number, number]): number {
  return minutes.reduce(
    (sum, { atMs, count }) => (atMs >= from && atMs < to ? sum + count : sum),
    0,
  );
}
