import { isGroupId } from "../../../src/domain/group.ts";
import type { LogRecord } from "../../../src/domain/log-record.ts";
import type {
  GroupCount,
  GroupCounts,
  GroupScope,
  NameCounts,
} from "../../../src/ports/group-counts.ts";
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
    async countNames({ indices, runs, limit }) {
      const rows = runs.map(({ groups, since, until }) => {
        const found = matching({ indices, filter: { since, until } }).filter(({ record }) =>
          groups.includes(groupIn(record) ?? ""),
        );
        const count = (kind: "host" | "version") =>
          countsOf(
            found.map(({ names }) => names?.[kind] ?? ""),
            limit,
          );
        return { records: found.length, hosts: count("host"), versions: count("version") };
      });
      return { rows, gaps: gaps(indices) };
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

/** `all`: of each record; empty where it names none. */
function countsOf(all: readonly string[], limit: number): NameCounts {
  const named = all.filter((name) => name !== "");
  const names = [...Map.groupBy(named, (name) => name)]
    .map(([name, { length: records }]) => ({ name, records }))
    .toSorted((a, b) => b.records - a.records || (a.name < b.name ? -1 : 1));
  const others = names.slice(limit).reduce((sum, { records }) => sum + records, 0);
  return { names: names.slice(0, limit), others, unnamed: all.length - named.length };
}

function groupIn({ stamp }: LogRecord): string | undefined {
  const group = stamp?.["group"];
  return isGroupId(group) ? group : undefined;
}

function timeOf({ timestamp = "" }: LogRecord): number {
  const time = Date.parse(timestamp);
  return Number.isNaN(time) ? -Infinity : time;
}
