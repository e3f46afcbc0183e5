import type { BacklogPoint } from "../overview/backlog-history.ts";

const WINDOW_MS = 3_600_000;
const PARTS = 4;

/** How much the lows of a backlog rose; `unknown`: there were too few points to say. */
export type Growth = { from: number; to: number } | "none" | "unknown";

/** Within how long a growth is one: an hour, and where cycles start less often, so long that each quarter has one. */
export function growthWindowMs(longestGapMs: number): number {
  return Math.max(WINDOW_MS, PARTS * longestGapMs);
}

/**
 * How much the backlog has grown within the window, where the low of each quarter of it was higher than that of the one
 * before. Between two cycles every backlog grows: only what they leave says whether they keep up.
 */
export function growth(points: readonly BacklogPoint[], now: number, windowMs: number): Growth {
  const partMs = windowMs / PARTS;
  const lows = Array.from({ length: PARTS + 1 }, (_, part) => {
    const end = now - windowMs + part * partMs;
    return lowBetween(points, end - partMs, end);
  });
  const known = lows.filter((low) => low !== undefined);
  if (known.some((low, i) => low <= (known[i - 1] ?? -1))) return "none";
  const [from] = known;
  const to = known.at(-1);
  // A process that was down for long knows nothing of that time.
  if (known.length < lows.length || from === undefined || to === undefined) return "unknown";
  return { from, to };
}

/** The same for a schedule with such gaps. */
export function growthOf(
  backlog: readonly BacklogPoint[],
  now: number,
  { longestGapMs }: { longestGapMs: number },
): Growth {
  return growth(backlog, now, growthWindowMs(longestGapMs));
}

/** undefined: not counted then. */
function lowBetween(
  points: readonly BacklogPoint[],
  after: number,
  until: number,
): number | undefined {
  const then = points.flatMap(({ at, pending }) => {
    const ms = Date.parse(at);
    return ms > after && ms <= until ? [pending] : [];
  });
  return then.length === 0 ? undefined : Math.min(...then);
}
