import { isGroupId } from "../../../src/domain/group.ts";
import type { LogRecord } from "../../../src/domain/log-record.ts";
import type { GroupCount, GroupCounts, GroupScope } from "../../../src/ports/group-counts.ts";
import { addTo, gapsOf, passes, type Searched } from "./vector-search.ts";

/** Counts records with a vector by the groups in their stamps. */
export function createGroupCounts(read: (index: string) => Searched): GroupCounts {
  const matching = ({ indices, filter }: GroupScope) =>
    indices.flatMap((index) => read(index).documents).filter((one) => passes(one, filter));
  const gaps = (indices: readonly string[]) => indices.flatMap((name) => gapsOf(name, read(name)));
  return {
    async pageGroups({ from = "", limit, only, ...scope }) {
      const counts = new Map<string, GroupCount>();
      for (const { record } of matching(scope)) {
        const group = groupIn(record);
        if (group === undefined || !(only?.includes(group) ?? true)) continue;
        counts.set(group, { group, ...addTo(counts.get(group), record) });
      }
      const sorted = [...counts.values()].toSorted((a, b) => (a.group < b.group ? -1 : 1));
      const after = sorted.filter(({ group }) => group > from);
      const rows = after.slice(0, limit);
      const last = rows.length === limit ? rows.at(-1)?.group : undefined;
      return { rows, ...(last === undefined ? {} : { next: last }), gaps: gaps(scope.indices) };
    },
    async describeGroups({ groups, spanMs, spansSince = -Infinity, ...scope }) {
      const found = Map.groupBy(matching(scope), ({ record }) => groupIn(record));
      const rows = groups.flatMap((group) => {
        const records = (found.get(group) ?? []).map(({ record }) => record);
        const [example] = records.toSorted((a, b) => timeOf(b) - timeOf(a));
        if (!example) return [];
        const starts = records.flatMap((record) => {
          const time = timeOf(record);
          return time === -Infinity || time < spansSince
            ? []
            : [Math.floor(time / spanMs) * spanMs];
        });
        const spans = [...Map.groupBy(starts, (start) => start)]
          .map(([start, all]) => ({ from: start, records: all.length }))
          .toSorted((a, b) => a.from - b.from);
        return [{ group, example, spans }];
      });
      return { rows, gaps: gaps(scope.indices) };
    },
    async countUngrouped(indices) {
      const rows = indices.flatMap((index) => {
        const without = read(index).documents.filter(({ record }) => !groupIn(record));
        return without.length === 0 ? [] : [{ index, records: without.length }];
      });
      return { rows, gaps: gaps(indices) };
    },
  };
}

function groupIn({ stamp }: LogRecord): string | undefined {
  const group = stamp?.["group"];
  return isGroupId(group) ? group : undefined;
}

function timeOf({ timestamp = "" }: LogRecord): number {
  const time = Date.parse(timestamp);
  return Number.isNaN(time) ? -Infinity : time;
}
