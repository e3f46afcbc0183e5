import { growForest } from "./isolation-forest.ts";
import { createRandom } from "../../../test/support/random.ts";
import type { Alarm } from "./judge.ts";
import type { Story } from "./latency-story.ts";

export type ForestSettings = {
  /** Scores above it are odd. */
  threshold: number;
  /** Of so many values the mean score begins an alarm, and ends it. */
  values: number;
};

const DAY_MS = 24 * 3_600_000;
const TRAINED_ON_MS = 7 * DAY_MS;
const TRAINED_EVERY_MS = DAY_MS / 2;
const FIRST_TRAINED_MS = DAY_MS;
/** A score at which nothing is odd. */
const PLAIN = 0.4;
/** So far below the threshold an alarm ends. */
const HYSTERESIS = 0.03;

/** Alarms of isolation forests that are grown anew every twelve hours on the week before: of each value its size and its hour. */
export function forestAlarms({ points }: Story, settings: ForestSettings): Alarm[] {
  const { threshold, values } = settings;
  const random = createRandom(7);
  const rows = points.map(({ at, value }) => rowOf(at, value));
  const firstAt = points[0]?.at ?? 0;
  const alarms: Alarm[] = [];
  let forest: ReturnType<typeof growForest> | undefined;
  let trainedAt = firstAt;
  let from = 0;
  let usual = 0;
  let lately: number[] = [];
  let open: Alarm | undefined;
  for (const [place, { at, value }] of points.entries()) {
    if (at - firstAt >= FIRST_TRAINED_MS && (!forest || at - trainedAt >= TRAINED_EVERY_MS)) {
      while ((points[from]?.at ?? at) < at - TRAINED_ON_MS) from++;
      forest = growForest(rows.slice(from, place), random);
      trainedAt = at;
    }
    // The middle of what was: a small step towards each value.
    usual += Math.sign(Math.log(value) - usual) * (place < 200 ? 0.1 : 0.005);
    if (!forest) continue;
    // A forest knows no direction, and only what is slower than usual is to be found.
    const score = Math.log(value) > usual ? forest(rows[place] ?? []) : PLAIN;
    lately = [...lately, score].slice(-values);
    const mean = lately.reduce((sum, one) => sum + one, 0) / values;
    if (!open && mean > threshold) {
      open = { from: at, to: Infinity };
      alarms.push(open);
    } else if (open && mean < threshold - HYSTERESIS) {
      open.to = at;
      open = undefined;
    }
  }
  return alarms;
}

function rowOf(at: number, value: number): number[] {
  const turn = ((at % DAY_MS) / DAY_MS) * 2 * Math.PI;
  return [Math.log(value), Math.sin(turn), Math.cos(turn)];
}
