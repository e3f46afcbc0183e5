import { hash } from "node:crypto";
import type { LogRecord } from "../../../src/domain/log-record.ts";
import type { Gap } from "../../../src/domain/partial.ts";
import type {
  RecordStatistics,
  Span,
  StatisticsScope,
  Traits,
} from "../../../src/ports/record-statistics.ts";

/** A record that search sees. `isError`: of a wanted level. */
export type Counted = { record: LogRecord; isError: boolean; project?: string };

/** Goes through all records; a sample are those whose hash with the seed is least. */
export function createRecordStatistics(
  read: (index: string) => readonly Counted[],
  gapsOf: (indices: readonly string[]) => Gap[],
): RecordStatistics {
  const matching = ({ indices, within, project }: StatisticsScope) =>
    indices
      .flatMap(read)
      .filter((one) => isIn(one.record, within))
      .filter(
        (one) => project === undefined || one.project?.toLowerCase() === project.toLowerCase(),
      );
  return {
    async countByTraits(scope) {
      const all = matching(scope);
      const byTraits = Map.groupBy(all, ({ record }) => JSON.stringify(traitsOf(record)));
      const rows = [...byTraits.values()].flatMap((same) => {
        const [first] = same;
        return first ? [{ ...traitsOf(first.record), records: same.length }] : [];
      });
      const errors = all.filter(({ isError }) => isError).length;
      return { records: all.length, errors, rows, leftOut: [], gaps: gapsOf(scope.indices) };
    },
    async countSpans(scope, spans) {
      const all = matching(scope);
      const counts = spans.map((span) => all.filter(({ record }) => isIn(record, span)).length);
      return { counts, gaps: gapsOf(scope.indices) };
    },
    async sampleRecords(scope, { size, seed, spans }) {
      const all = matching(scope).map((one) => {
        const { index, id } = one.record;
        return { ...one, order: hash("sha256", JSON.stringify([seed, index, id])) };
      });
      const first = all.toSorted((a, b) => (a.order < b.order ? -1 : 1)).slice(0, size);
      const rows = first.map(({ record, isError }) => {
        const inSpans = spans.some((span) => isIn(record, span));
        return { ...traitsOf(record), isError, inSpans };
      });
      const gaps = gapsOf(scope.indices);
      return { rows, whole: all.length < size && gaps.length === 0, gaps };
    },
  };
}

function isIn({ timestamp = "" }: LogRecord, { from, to }: Span): boolean {
  const time = Date.parse(timestamp);
  return time >= from && time < to;
}

function traitsOf({ level = "", service = "" }: LogRecord): Traits {
  return {
    ...(level.trim() === "" ? {} : { level: level.trim().toUpperCase() }),
    ...(service.trim() === "" ? {} : { service }),
  };
}
