import type { IndexCoverage } from "../model/coverage.ts";
import type { LogStore, Events, StopSignals } from "../ports.ts";
import { prepareIndices, type PrepareDeps } from "../enrichment/prepare.ts";

/** What there is to do: the fit indices with pending records, newest index first. */
export type Work = {
  fit: string[];
  unfit: number;
  pending: IndexCoverage[];
  found: number;
};

type WorkDeps = PrepareDeps & {
  store: Pick<LogStore, "survey" | "coverage" | "prepare">;
  events: Pick<Events, "mappingAdded" | "shardsFailed">;
};

/** Surveys the indices, counts their backlog, and gives those that will be written to their mapping. */
export async function findWork(deps: WorkDeps, stop: StopSignals): Promise<Work> {
  const { store, watch, events } = deps;
  const survey = await store.survey(stop.everything);
  watch.surveyed(survey);
  const names = survey.fit.map(({ index }) => index);
  const { rows, failedShards } = await store.coverage(names, stop.everything);
  if (failedShards > 0) events.shardsFailed({ shards: failedShards, during: "counting" });
  const pending = rows.filter((row) => row.pending > 0);

  const toWrite = pending.map(({ index }) => index);
  const out = await prepareIndices(deps, toWrite, stop.everything);

  const usable = pending.filter(({ index }) => !out.has(index));
  return {
    fit: names.filter((index) => !out.has(index)),
    unfit: survey.unfit.length + out.size,
    pending: usable,
    found: sumPending(usable),
  };
}

export function sumPending(rows: readonly IndexCoverage[]): number {
  return rows.reduce((sum, row) => sum + row.pending, 0);
}
