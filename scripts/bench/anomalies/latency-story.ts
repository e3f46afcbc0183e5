import { createRandom, type Random } from "../../../test/support/random.ts";

const DAY_MS = 24 * 3_600_000;
const HOUR_MS = 3_600_000;

export type Kind = "step" | "spike" | "drift";

/** What was done to a series, and when. */
type Planted = { kind: Kind; from: number; to: number };

export type Story = {
  /** In the order of time; milliseconds since the epoch, and milliseconds that it took. */
  points: { at: number; value: number }[];
  planted: Planted[];
};

type Settings = { seed: number; everyMs: number; days: number; quietDays: number };

const START = Date.parse("2026-01-05T00:00:00Z");

/**
 * Latencies as they are: skewed noise that hangs together from one value to the next, a slow day and a quick night, days
 * that differ, a hiccup now and then. After some quiet days each day has one anomaly in turn: a step up for some hours,
 * a spike of some values, a drift that grows for half a day and more.
 */
export function tellStory({ seed, everyMs, days, quietDays }: Settings): Story {
  const random = createRandom(seed);
  const planted = plant({ random, everyMs, days, quietDays });
  const base = Math.log(range(random, 80, 900));
  const season = range(random, 0.1, 0.35);
  const peak = range(random, 0, 24);
  const noise = range(random, 0.08, 0.22);
  const bound = range(random, 0.2, 0.6);
  const ofDay = Array.from({ length: days }, () => 0.07 * normal(random));
  const points: Story["points"] = [];
  let drifting = 0;
  for (let at = START; at < START + days * DAY_MS; at += everyMs) {
    const hour = (at % DAY_MS) / HOUR_MS;
    drifting = bound * drifting + Math.sqrt(1 - bound ** 2) * noise * normal(random);
    const hiccup = random.chance(0.01) ? range(random, 0.7, 1.8) : 0;
    const usual =
      base +
      season * Math.cos(((hour - peak) / 24) * 2 * Math.PI) +
      (ofDay[Math.floor((at - START) / DAY_MS)] ?? 0);
    const wrong = planted.reduce((sum, one) => sum + effectAt(one, at), 0);
    points.push({ at, value: Math.round(Math.exp(usual + drifting + hiccup + wrong)) });
  }
  return { points, planted };
}

type Effect = Planted & { height: number };

function plant({ random, everyMs, days, quietDays }: Omit<Settings, "seed"> & { random: Random }) {
  const kinds: readonly Kind[] = ["step", "spike", "drift"];
  const all: Effect[] = [];
  for (let day = quietDays, i = 0; day < days - 1; i++) {
    const kind = kinds[i % kinds.length] ?? "step";
    const from = START + day * DAY_MS + range(random, 0, 8) * HOUR_MS;
    const spikeMs = Math.max(3 * everyMs, range(random, 4, 10) * 60_000);
    const effects: Record<Kind, { lasts: number; height: number }> = {
      step: { lasts: range(random, 1, 6) * HOUR_MS, height: logRange(random, 1.7, 4) },
      spike: { lasts: spikeMs, height: logRange(random, 4, 12) },
      drift: { lasts: range(random, 12, 20) * HOUR_MS, height: logRange(random, 2.2, 4) },
    };
    const { lasts, height } = effects[kind];
    all.push({ kind, from, to: from + lasts, height });
    day += kind === "drift" ? 2 : 1;
  }
  return all;
}

function effectAt({ kind, from, to, height }: Effect, at: number): number {
  if (at < from || at >= to) return 0;
  return kind === "drift" ? (height * (at - from)) / (to - from) : height;
}

function range(random: Random, low: number, high: number): number {
  return low + ((high - low) * random.below(1e9)) / 1e9;
}

/** Of times as much or little, as a logarithm. */
function logRange(random: Random, low: number, high: number): number {
  return range(random, Math.log(low), Math.log(high));
}

/** Of the normal distribution with mean 0 and deviation 1 (Box and Muller). */
function normal(random: Random): number {
  const radius = Math.sqrt(-2 * Math.log((random.below(1e9) + 1) / 1e9));
  return radius * Math.cos((2 * Math.PI * random.below(1e9)) / 1e9);
}
