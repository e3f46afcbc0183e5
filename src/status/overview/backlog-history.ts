import { z } from "zod";

export const backlogPointShape = z.object({ at: z.iso.datetime(), pending: z.int().nonnegative() });

/** How many records were pending then. */
export type BacklogPoint = z.infer<typeof backlogPointShape>;

const MAX_POINTS = 1000;
/** Points that are closer together become one. */
const MIN_STEP_MS = 30_000;

/** The backlog over time, oldest first: a bounded number of points, ever further apart the older they are. */
export type BacklogHistory = {
  add(pending: number, now: number): void;
  points(): readonly BacklogPoint[];
};

/** Goes on from points that were kept; what of them makes no sense is left out. */
export function createBacklogHistory(kept: unknown): BacklogHistory {
  const read = z.array(z.unknown()).safeParse(kept).data ?? [];
  let points = read
    .flatMap((one) => backlogPointShape.safeParse(one).data ?? [])
    .slice(-MAX_POINTS);
  return {
    add(pending, now) {
      const point = { at: new Date(now).toISOString(), pending };
      const before = points.at(-2);
      // The last one moves until it is far enough from the one before it.
      if (before && Math.abs(now - Date.parse(before.at)) < MIN_STEP_MS) points.pop();
      points.push(point);
      if (points.length > MAX_POINTS) points = thinned(points);
    },
    points: () => points,
  };
}

/** Every other point of the older half is left out. */
function thinned(points: readonly BacklogPoint[]): BacklogPoint[] {
  const half = Math.floor(points.length / 2);
  return points.filter((_, i) => i >= half || i % 2 === 0);
}
