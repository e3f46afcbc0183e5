import type { LogRecord } from "../domain/log-record.ts";
import type { GroupCount, GroupScope } from "../ports/group-counts.ts";
import type { Minute } from "./episodes.ts";
import { pagesOf, scopeOf, type GroupsDeps } from "./group-scope.ts";
import { batchesOf, minuteOf, MINUTE_MS } from "./minute-batches.ts";

/** Records that were not counted before, of one group. */
export type Recent = GroupCount & {
  minutes: Minute[];
  /** Its newest record. */
  example: LogRecord;
};

export type RecentMinutes = {
  /** From when on records were counted, in ms since the epoch; `groups`: those with records that were not counted before. */
  scope: GroupScope;
  fromMs: number;
  nowMs: number;
  groups: Recent[];
  /** They are counted from now on. Without it the next read returns them again. */
  keep(): void;
};

/** How far the first read looks back, and at least each later one, in ms. */
type Reach = { firstMs: number; laterMs: number };

/**
 * Reads how many records each group has in each minute, so that each record is counted once, whenever it became visible: the store is
 * asked for all of the last minutes, and what was counted before is taken off. What is held are the counts of those minutes. Throws a
 * Fault.
 */
export function createRecentMinutes(
  { groupCounts, readSurvey, clock }: Pick<GroupsDeps, "groupCounts" | "readSurvey" | "clock">,
  { firstMs, laterMs }: Reach,
): { read(signal: AbortSignal): Promise<RecentMinutes> } {
  let counted: ReadonlyMap<string, ReadonlyMap<number, number>> = new Map();
  let readAtMs = -Infinity;
  return {
    async read(signal) {
      const nowMs = clock.now();
      const reachMs = Math.min(firstMs, Math.max(laterMs, nowMs - readAtMs + MINUTE_MS));
      const fromMs = minuteOf(nowMs - reachMs);
      const { scope } = await scopeOf({ readSurvey }, {}, signal);
      const within = { since: fromMs, until: nowMs };
      const next = new Map<string, ReadonlyMap<number, number>>();
      const changed: GroupCount[] = [];
      for await (const { rows } of pagesOf(groupCounts, { ...scope, filter: within }, signal)) {
        for (const row of rows) {
          const minutes = since(fromMs, counted.get(row.group));
          next.set(row.group, minutes);
          if (row.records > sumOf(minutes.values())) changed.push(row);
        }
      }
      const groups: Recent[] = [];
      const rowOf = new Map(changed.map((row) => [row.group, row]));
      for (const { groups: some, windows } of batchesOf(changed, { fromMs, now: nowMs })) {
        for (const { since: start, until } of windows) {
          const filter = { since: start, until };
          const query = { ...scope, filter, groups: some, spanMs: MINUTE_MS };
          const { rows } = await groupCounts.describeGroups(query, signal);
          for (const { group, example, spans } of rows) {
            const row = rowOf.get(group);
            if (!row) continue;
            const before = next.get(group) ?? new Map<number, number>();
            const all = new Map(before);
            const minutes = spans.flatMap(({ from: atMs, records }) => {
              const count = records - (before.get(atMs) ?? 0);
              if (count <= 0) return [];
              all.set(atMs, records);
              return [{ atMs, count }];
            });
            next.set(group, all);
            if (minutes.length > 0) groups.push({ ...row, minutes, example });
          }
        }
      }
      const keep = () => {
        counted = next;
        readAtMs = nowMs;
      };
      return { scope, fromMs, nowMs, groups, keep };
    },
  };
}

function since(
  fromMs: number,
  minutes: ReadonlyMap<number, number> = new Map(),
): Map<number, number> {
  return new Map([...minutes].filter(([atMs]) => atMs >= fromMs));
}

function sumOf(counts: Iterable<number>): number {
  let sum = 0;
  for (const count of counts) sum += count;
  return sum;
}
