import { z } from "zod";
import { median } from "./median.ts";

/**
 * Evidence that a series has left what is usual, and then that it is back, summed up over its values (Page's CUSUM): one
 * odd value is none, a few far ones are, and so are many that are not so far. A value counts for so much at most.
 */
export type Evidence = {
  /** `deviation`: in standard deviations above what is usual. */
  add(at: number, deviation: number): "began" | "ended" | undefined;
  /** When it left what is usual, where that is certain enough to be told. */
  since(): number | undefined;
  /** From now on it counts as usual. */
  end(): void;
  kept(): KeptEvidence;
};

const keptShape = z.strictObject({
  since: z.number(),
  /** The latest deviations, newest last. */
  recent: z.array(z.number()).min(1).max(100),
});
type KeptEvidence = z.infer<typeof keptShape> | null;

/** What no value nearby counts against the usual; three of these are the shift that is found soonest. */
const SLACK = 1.5;
const MOST_OF_ONE = 3;
const BEGINS_AT = 7;
const ENDS_AT = 5;
/** So many of the latest values say how far away it is. */
const RECENT = 15;

/** Goes on from what was kept of one that was open; else nothing is known yet. */
export function createEvidence(kept?: unknown): Evidence {
  const before = keptShape.safeParse(kept).data;
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
