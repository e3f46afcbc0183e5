import type { GroupCount } from "../ports/group-counts.ts";

export const MINUTE_MS = 60_000;
/** OpenSearch refuses an answer with more than 65,535 buckets; records that come meanwhile make further ones. */
const MAX_MINUTES = 20_000;

/** When the minute of a time begins, in ms since the epoch. */
export function minuteOf(ms: number): number {
  return Math.floor(ms / MINUTE_MS) * MINUTE_MS;
}

type Batch = { groups: string[]; windows: { since: number; until: number }[] };

/**
 * Groups that are asked for at once, and the windows of time in which that is done, so that no answer has more than `MAX_MINUTES`
 * minutes: a group has no more minutes than records, nor than there are in its time. `fromMs`, `now`: what is read, in ms since the epoch.
 */
export function batchesOf(
  counted: readonly GroupCount[],
  { fromMs, now }: { fromMs: number; now: number },
): Batch[] {
  const batches: Batch[] = [];
  let room = 0;
  for (const { group, records, first = fromMs } of counted) {
    const since = Math.max(fromMs, minuteOf(first));
    const most = Math.min(records, Math.ceil((now - since + 1) / MINUTE_MS));
    if (most > MAX_MINUTES) {
      batches.push({ groups: [group], windows: windowsBetween(since, now) });
      room = 0;
      continue;
    }
    const batch = batches.at(-1);
    if (!batch || most > room) {
      batches.push({ groups: [group], windows: [{ since: fromMs, until: now }] });
      room = MAX_MINUTES - most;
    } else {
      batch.groups.push(group);
      room -= most;
    }
  }
  return batches;
}

function windowsBetween(fromMs: number, now: number): Batch["windows"] {
  const lengthMs = MAX_MINUTES * MINUTE_MS;
  return Array.from({ length: Math.ceil((now - fromMs + 1) / lengthMs) }, (_, i) => {
    const since = fromMs + i * lengthMs;
    return { since, until: Math.min(since + lengthMs - 1, now) };
  });
}
