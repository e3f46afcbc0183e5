import { z } from "zod";
import { createBaseline, type Measure } from "./baseline.ts";
import { median } from "../../domain/median.ts";

/** A series that is away from what is usual. */
export type Departure = {
  /** Milliseconds since the epoch. */
  since: number;
  /** The latest values. */
  value: number;
  /** What nineteen of twenty values are within, at this hour of the day. */
  usual: [low: number, high: number];
};

/** How it ended: it is back, it was so for so long that it counts as usual, or nothing more was heard of it. */
type Ending = "back" | "accepted" | "silent";

export type Change = { began: Departure } | { ended: Departure; how: Ending };

/** One series against its own recent history. */
export type SeriesWatch = {
  observe(at: number, value: number): Change | undefined;
  /** What time alone changes. */
  look(now: number): Change | undefined;
  current(): Departure | undefined;
  kept(): Record<string, unknown>;
};

const HOUR_MS = 3_600_000;
/** What has been so for a day is how it is now. */
const ACCEPTED_AFTER_MS = 24 * HOUR_MS;
const SILENT_AFTER_MS = 2 * HOUR_MS;
/** Of values that come more seldom than that, so many must have failed to come. */
const SILENT_AFTER_VALUES = 3;
/** How many of the latest values are looked at. */
const LATEST_VALUES = 5;

const keptShape = z
  .object({
    hours: z.unknown(),
    open: z.unknown(),
    values: z.array(z.number().nonnegative()).max(LATEST_VALUES),
    heard_at: z.number().nullable(),
    gap_ms: z.number().nonnegative(),
    usual: z.tuple([z.number(), z.number()]),
  })
  .partial();

/** Goes on from what was kept; what of that makes no sense is left out. */
export function createSeriesWatch(measure: Measure, kept?: unknown): SeriesWatch {
  const before = keptShape.safeParse(kept).data ?? {};
  const baseline = createBaseline(measure, before.hours);
  const evidence = createEvidence(before.open);
  let values = before.values ?? [];
  let heardAt = before.heard_at ?? undefined;
  let gapMs = before.gap_ms ?? 0;
  let range: Departure["usual"] = before.usual ?? [0, 0];
  const current = (): Departure | undefined => {
    const since = evidence.since();
    return since === undefined ? undefined : { since, value: median(values), usual: range };
  };
  const end = (ended: Departure, how: Ending): Change => {
    evidence.end();
    if (how === "accepted") baseline.forgetBefore(ended.since);
    return { ended, how };
  };
  return {
    current,
    observe(at, value) {
      if (heardAt !== undefined) gapMs = Math.max(0, at - heardAt);
      heardAt = at;
      values = [...values, value].slice(-LATEST_VALUES);
      const usual = baseline.usual(at);
      baseline.add(at, value);
      if (!usual) return undefined;
      range = usual.range;
      const open = current();
      const change = evidence.add(at, usual.deviation(value));
      const now = current();
      if (change === "began" && now) return { began: now };
      if (change === "ended" && open) return end(open, "back");
      return now && at - now.since >= ACCEPTED_AFTER_MS ? end(now, "accepted") : undefined;
    },
    look(now) {
      const open = current();
      if (!open || heardAt === undefined) return undefined;
      const patienceMs = Math.max(SILENT_AFTER_MS, SILENT_AFTER_VALUES * gapMs);
      return now - heardAt > patienceMs ? end(open, "silent") : undefined;
    },
    kept: () => ({
      hours: baseline.kept(),
      open: evidence.kept(),
      values,
      heard_at: heardAt ?? null,
      gap_ms: gapMs,
      usual: range,
    }),
  };
}

/**
 * Evidence that a series has left what is usual, and then that it is back, summed up over its values (Page's CUSUM): one
 * odd value is none, a few far ones are, and so are many that are not so far. A value counts for so much at most.
 */
type Evidence = {
  /** `deviation`: in standard deviations above what is usual. */
  add(at: number, deviation: number): "began" | "ended" | undefined;
  /** When it left what is usual, where that is certain enough to be told. */
  since(): number | undefined;
  /** From now on it counts as usual. */
  end(): void;
  kept(): KeptEvidence;
};

const evidenceShape = z.strictObject({
  since: z.number(),
  /** The latest deviations, newest last. */
  recent: z.array(z.number()).min(1).max(100),
});
type KeptEvidence = z.infer<typeof evidenceShape> | null;

/** What no value nearby counts against the usual; three of these are the shift that is found soonest. */
const SLACK = 1.5;
const MOST_OF_ONE = 3;
const BEGINS_AT = 7;
const ENDS_AT = 5;
/** So many of the latest values say how far away it is. */
const RECENT = 15;

/** Goes on from what was kept of one that was open; else nothing is known yet. */
function createEvidence(kept?: unknown): Evidence {
  const before = evidenceShape.safeParse(kept).data;
  let open = before !== undefined;
  let since = before?.since ?? 0;
  let recent = before?.recent ?? [];
  let sum = 0;
  const end = () => {
    open = false;
    recent = [];
    sum = 0;
  };
  const gather = (at: number, deviation: number) => {
    if (sum === 0) {
      since = at;
      recent = [];
    }
    recent = [...recent, deviation].slice(-RECENT);
    sum = Math.max(0, sum + bounded(deviation - SLACK));
    if (sum < BEGINS_AT) return undefined;
    open = true;
    sum = 0;
    return "began" as const;
  };
  const lookForEnd = (deviation: number) => {
    // Nearer to the usual than to where it has been.
    const half = Math.max(SLACK, median(recent) / 2);
    if (deviation > half) recent = [...recent, deviation].slice(-RECENT);
    sum = Math.max(0, sum + bounded(half - deviation));
    if (sum < ENDS_AT) return undefined;
    end();
    return "ended" as const;
  };
  return {
    add: (at, deviation) => (open ? lookForEnd(deviation) : gather(at, deviation)),
    since: () => (open ? since : undefined),
    end,
    kept: () => (open ? { since, recent } : null),
  };
}

function bounded(change: number): number {
  return Math.max(-MOST_OF_ONE, Math.min(MOST_OF_ONE, change));
}
