import type { Fault } from "../model/faults.ts";
import type { RefusalMark } from "../model/stamp.ts";

const HOUR_MS = 3_600_000;
/** From one refusal to the next try; after the last of them there is none. */
const WAITS_MS = [HOUR_MS, 6 * HOUR_MS, 24 * HOUR_MS];
/** As much of the reason as is kept. */
const MAX_ERROR = 500;

/** The mark of a record whose text was refused for its own sake, counted on from the mark that it bears. */
export function refusalMark(
  stamp: Record<string, unknown> | undefined,
  fault: Fault,
  now: number,
): RefusalMark {
  const before = stamp?.["skipped"] === "refused" ? Number(stamp["attempts"]) : 0;
  const attempts = (Number.isInteger(before) && before > 0 ? before : 0) + 1;
  const waitMs = WAITS_MS[attempts - 1];
  return {
    skipped: "refused",
    attempts,
    error: fault.message.slice(0, MAX_ERROR),
    ...(waitMs === undefined ? {} : { next_try: new Date(now + waitMs).toISOString() }),
  };
}
