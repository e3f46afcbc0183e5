import type { IndexCoverage } from "../model/coverage.ts";
import type { LogStore, Events, StopSignals } from "../ports.ts";
import type { UnfitWatch } from "./unfit-watch.ts";

/** What there is to do: the fit indices with pending records, newest index first. */
export type Work = {
  fit: string[];
  unfit: number;
  pending: IndexCoverage[];
  found: number;
};

type WorkDeps = {
  store: Pick<LogStore, "survey" | "coverage" | "prepare">;
  watch: UnfitWatch;
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

  const unmapped = new Set(survey.fit.filter(({ mapped }) => !mapped).map(({ index }) => index));
  const toPrepare = pending.map(({ index }) => index).filter((index) => unmapped.has(index));
  const refused = await store.prepare(toPrepare, stop.everything);
  watch.refused(refused);
  const out = new Set(refused.map(({ index }) => index));
  for (const index of toPrepare) if (!out.has(index)) events.mappingAdded({ index });

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
