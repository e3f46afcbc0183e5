import type { StatusRow } from "../../status/status-shape.ts";
import { coverageRatio } from "../../domain/coverage.ts";

/** "logs-2026.01.02", "logs-000012" and ".ds-logs-000012" are all of "logs". */
export function indexGroup(index: string): string {
  const name = index.replace(/^\.ds-/, "");
  return name.replace(/(?:[-_.]w?\d+)+$/i, "") || name;
}

export type GroupRow = {
  group: string;
  /** Absent where one of its indices could not be seen in whole, as the next. */
  pending?: number;
  /** Of the model in force, 0 to 1. */
  coverage?: number;
  /** Milliseconds since the epoch; absent where none is pending, or none has a time. */
  oldestPendingAt?: number;
};

type IndexRow = StatusRow & {
  index: string;
  oldest_pending: string | null;
};

export const MAX_GROUPS = 50;
const OTHER = "other";

/** One row per group of indices; of the groups with the fewest records one together, where there are too many. */
export function groupIndices(rows: readonly IndexRow[]): GroupRow[] {
  const groups = [...Map.groupBy(rows, ({ index }) => indexGroup(index))];
  const bySize = groups.toSorted(([, a], [, b]) => sizeOf(b) - sizeOf(a));
  const kept = bySize.length > MAX_GROUPS ? bySize.slice(0, MAX_GROUPS - 1) : bySize;
  const rest = bySize.slice(kept.length).flatMap(([, members]) => members);
  const shown = kept.map(([group, members]) => groupRow(group, members));
  return rest.length > 0 ? [...shown, groupRow(OTHER, rest)] : shown;
}

function groupRow(group: string, members: readonly IndexRow[]): GroupRow {
  const sum = { vectorized: 0, otherModel: 0, pending: 0, quarantined: 0 };
  for (const row of members) {
    if (row.records === null) return { group };
    sum.vectorized += row.vectorized;
    sum.otherModel += row.other_model;
    sum.pending += row.pending;
    sum.quarantined += row.quarantined;
  }
  const times = members.flatMap(({ oldest_pending: at }) => (at === null ? [] : [Date.parse(at)]));
  return {
    group,
    pending: sum.pending,
    coverage: coverageRatio(sum),
    ...(times.length > 0 ? { oldestPendingAt: Math.min(...times) } : {}),
  };
}

function sizeOf(members: readonly IndexRow[]): number {
  return members.reduce((sum, { records }) => sum + (records ?? 0), 0);
}
