import { z } from "zod";
import { isTransient } from "../../domain/fault-policy.ts";
import { Fault } from "../../domain/faults.ts";
import { createSingleFlight } from "../../concurrency/single-flight.ts";
import type { Api } from "./api.ts";
import type { Wanted } from "./fitness.ts";
import type { VectorMapping } from "./mapping.ts";
import { allFeatures, type ClusterFeatures } from "./cluster-features.ts";
import { takeSurvey, type SurveyResult } from "./survey.ts";

const stateShape = z.object({ version: z.number().optional(), state_uuid: z.string().optional() });

/**
 * Caches a survey for as long as the cluster state's version is unchanged: indices, aliases, mappings, settings and
 * blocks are part of that state. Without permission to read the version every call takes a survey. Concurrent callers
 * share one.
 */
export function createSurveyor(
  api: Api,
  pattern: string,
  wanted: Wanted,
  features: ClusterFeatures = allFeatures(),
  vector?: VectorMapping,
): (signal: AbortSignal) => Promise<SurveyResult> {
  let last: { state: string; result: SurveyResult } | undefined;
  let readable = features.settingsReadable;
  const readState = async (signal: AbortSignal): Promise<string | undefined> => {
    if (!readable) return undefined;
    try {
      const query = { filter_path: "version,state_uuid" };
      const request = { method: "GET", path: "/_cluster/state/version", query } as const;
      const { version, state_uuid: uuid } = await api.send(request, stateShape, signal);
      return version === undefined ? undefined : `${version} ${uuid}`;
    } catch (error) {
      if (!(error instanceof Fault)) throw error;
      // The survey reports the problem.
      readable = isTransient(error.kind);
      return undefined;
    }
  };
  const takeAt = (state: string | undefined) =>
    createSingleFlight(async (signal) => {
      const result = await takeSurvey(api, pattern, wanted, signal, features, vector);
      last = state === undefined ? undefined : { state, result };
      return result;
    });
  let flight = { state: undefined as string | undefined, take: takeAt(undefined) };
  return async (signal) => {
    // The version is read first, so that a change during the survey is seen next time.
    const state = await readState(signal);
    if (state !== undefined && state === last?.state) return last.result;
    // A survey in flight for an older state may miss what this caller needs.
    if (state !== flight.state) flight = { state, take: takeAt(state) };
    return flight.take(signal);
  };
}
