import { median } from "../domain/median.ts";
import type { Minute } from "./episodes.ts";

/** A rate above the usual. `usual`: records a window, as it was when the spike began; it stays so while the spike lasts. */
type Spike = { sinceMs: number; usual: number };

/** What is kept of a group to know its usual rate: plain data of bounded size. */
export type RateState = {
  /** The first window that is not judged yet, as a number of windows since the epoch. */
  next: number;
  /** Counts of the windows that are not judged, by the same number; late records of judged windows are left out. */
  open: Readonly<Record<string, number>>;
  /** Counts of the latest windows outside spikes, oldest first. */
  usual: readonly number[];
  /** Whether the latest windows were above it, oldest first. */
  above: readonly boolean[];
  spike?: Spike;
};

/** `accepted`: it has lasted for a day, and so that is the usual rate now. */
export type RateChange =
  | { kind: "spike"; sinceMs: number; count: number; usual: number }
  | { kind: "spike_ended"; sinceMs: number; untilMs: number; usual: number; accepted: boolean };

/** So many windows are the usual: six hours of windows of ten minutes. */
const KEPT_WINDOWS = 36;
/** With fewer nothing is called usual. */
const ENOUGH_WINDOWS = 6;
/** M of N windows, as alarms of Amazon CloudWatch evaluate them. */
const [ENOUGH_ABOVE, LATEST] = [2, 3];
const RATIO = 3;
const STEP = 10;
/** As for anomalies: what has been so for a day is how it is now. */
const ACCEPTED_AFTER_MS = 24 * 3_600_000;

/** Of a group whose first record came at `atMs`: what was before is not known, and is no window without records. */
export function newRate(atMs: number, windowMs: number): RateState {
  return { next: Math.floor(atMs / windowMs), open: {}, usual: [], above: [] };
}

/**
 * Judges the windows that are over at `nowMs`. A window is above the usual where it has at least three times as many records and ten
 * more than the median of the latest 36 windows outside spikes; a spike begins with the second of three windows above,
 * and ends with the second of three that are not. Linear in the minutes and at most 39 windows.
 */
export function judgeRate(
  state: RateState,
  minutes: readonly Minute[],
  nowMs: number,
  windowMs: number,
): { state: RateState; changes: RateChange[] } {
  const end = Math.floor(nowMs / windowMs);
  // What is older than all that is kept changes nothing.
  let next = Math.max(state.next, end - KEPT_WINDOWS - LATEST);
  const counts = countsFrom(next, state.open, minutes, windowMs);
  let { spike } = state;
  let usual = [...state.usual];
  let above = [...state.above];
  const changes: RateChange[] = [];
  for (; next < end; next++) {
    const count = counts.get(next) ?? 0;
    counts.delete(next);
    const middle = usual.length < ENOUGH_WINDOWS ? undefined : median(usual);
    const isAbove = middle !== undefined && count >= RATIO * middle && count - middle >= STEP;
    above = [...above, isAbove].slice(-LATEST);
    const endMs = (next + 1) * windowMs;
    const many = above.filter(Boolean).length;
    if (!spike && middle !== undefined && many >= ENOUGH_ABOVE) {
      spike = {
        sinceMs: (next - above.length + 1 + above.indexOf(true)) * windowMs,
        usual: middle,
      };
      changes.push({ kind: "spike", ...spike, count });
    } else if (spike) {
      const accepted = many >= ENOUGH_ABOVE && endMs - spike.sinceMs >= ACCEPTED_AFTER_MS;
      if (accepted || above.length - many >= ENOUGH_ABOVE) {
        changes.push({ kind: "spike_ended", ...spike, untilMs: endMs, accepted });
        // What was usual before says nothing of how it is now.
        if (accepted) usual = [];
        spike = undefined;
        above = [];
      }
    }
    if (!spike) usual = [...usual, count].slice(-KEPT_WINDOWS);
  }
  const open = Object.fromEntries(counts);
  return { state: { next, open, usual, above, ...(spike ? { spike } : {}) }, changes };
}

function countsFrom(
  next: number,
  open: RateState["open"],
  minutes: readonly Minute[],
  windowMs: number,
): Map<number, number> {
  const counts = new Map<number, number>();
  const add = (window: number, count: number) => {
    if (window >= next) counts.set(window, (counts.get(window) ?? 0) + count);
  };
  for (const [window, count] of Object.entries(open)) add(Number(window), count);
  for (const { atMs, count } of minutes) add(Math.floor(atMs / windowMs), count);
  return counts;
}
