import { coverageRatio, sumCoverage, type IndexCoverage } from "../model/coverage.ts";
import type { UnfitIndex } from "../model/survey.ts";
import type { LogStore, StateStore } from "../ports.ts";

/** Counts as `status --json` prints them; `coverage` is the share of records with a text that have their vector. */
export type StatusRow = {
  records: number;
  vectorized: number;
  pending: number;
  without_text: number;
  coverage: number;
};

export type Status = {
  indices: (StatusRow & { index: string; search: "graph" | "exact" })[];
  total: StatusRow;
  unfit: UnfitIndex[];
  failed_shards: number;
  /** What the daemon last left in the state directory; null where there is nothing. */
  daemon: unknown;
};

/** Coverage and backlog as they are now. Throws a Fault. */
export async function readStatus(
  { store, state }: { store: Pick<LogStore, "survey" | "coverage">; state: StateStore },
  daemonState: string,
  signal: AbortSignal,
): Promise<Status> {
  const { fit, unfit } = await store.survey(signal);
  const { rows, failedShards } = await store.coverage(
    fit.map(({ index }) => index),
    signal,
  );
  const search = new Map(fit.map((one) => [one.index, one.search]));
  return {
    indices: rows.map((row) => ({
      index: row.index,
      ...statusRow(row),
      search: search.get(row.index) ?? "exact",
    })),
    total: statusRow(sumCoverage(rows)),
    unfit,
    failed_shards: failedShards,
    daemon: (await state.load(daemonState)) ?? null,
  };
}

function statusRow(row: Omit<IndexCoverage, "index">): StatusRow {
  const { records, vectorized, pending, withoutText } = row;
  return { records, vectorized, pending, without_text: withoutText, coverage: coverageRatio(row) };
}
