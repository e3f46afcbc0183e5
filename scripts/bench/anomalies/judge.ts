import type { Kind, Story } from "./latency-story.ts";

export type Alarm = { from: number; to: number };

type Counts = { planted: number; found: number; delaysMs: number[] };

export type Verdict = {
  kinds: Record<Kind, Counts>;
  falseAlarms: number;
  /** Alarms in what an earlier one was about. */
  repeats: number;
  days: number;
};

const DAY_MS = 24 * 3_600_000;
/** An alarm that begins so soon after what was wrong is still about it. */
const GRACE_MS = 30 * 60_000;

export function noVerdict(): Verdict {
  const none = (): Counts => ({ planted: 0, found: 0, delaysMs: [] });
  const kinds = { step: none(), spike: none(), drift: none() };
  return { kinds, falseAlarms: 0, repeats: 0, days: 0 };
}

/** Found is what an alarm began in; an alarm beside everything that was planted is false. */
export function judge(
  verdict: Verdict,
  { points, planted }: Story,
  alarms: readonly Alarm[],
): void {
  let about = 0;
  for (const { kind, from, to } of planted) {
    const counts = verdict.kinds[kind];
    counts.planted++;
    const its = alarms.filter((alarm) => alarm.from >= from && alarm.from < to + GRACE_MS);
    const [first] = its;
    if (!first) continue;
    about += its.length;
    counts.found++;
    counts.delaysMs.push(first.from - from);
    verdict.repeats += its.length - 1;
  }
  verdict.falseAlarms += alarms.length - about;
  verdict.days += ((points.at(-1)?.at ?? 0) - (points[0]?.at ?? 0)) / DAY_MS;
}

type Figures = {
  /** Of all that was said to be wrong, each once, what was. */
  precision: number;
  recall: number;
  falseAlarmsADay: number;
  repeats: number;
  /** The middle, in minutes. */
  delay: Record<Kind, number>;
  recallOf: Record<Kind, number>;
};

export function figuresOf({ kinds, falseAlarms, repeats, days }: Verdict): Figures {
  const all = Object.values(kinds);
  const planted = all.reduce((sum, one) => sum + one.planted, 0);
  const found = all.reduce((sum, one) => sum + one.found, 0);
  const delay = ({ delaysMs }: Counts) =>
    (delaysMs.toSorted((a, b) => a - b)[Math.floor(delaysMs.length / 2)] ?? Number.NaN) / 60_000;
  const { step, spike, drift } = kinds;
  return {
    precision: found / Math.max(1, found + falseAlarms),
    recall: found / planted,
    falseAlarmsADay: falseAlarms / days,
    repeats,
    delay: { step: delay(step), spike: delay(spike), drift: delay(drift) },
    recallOf: {
      step: step.found / step.planted,
      spike: spike.found / spike.planted,
      drift: drift.found / drift.planted,
    },
  };
}
