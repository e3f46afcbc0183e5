import { Fault } from "../domain/faults.ts";
import { matchesIndex } from "../domain/index-pattern.ts";
import { REEMBED, type OtherModels } from "../domain/other-models.ts";
import { NO_GAPS, type Gap } from "../domain/partial.ts";
import type { UnfitIndex } from "../domain/survey.ts";
import type { VectorScope } from "../ports/vector-index.ts";
import type { LeftOut, SearchAnswer } from "./search-answer.ts";
import type { SearchDeps, SearchFilter } from "./search-deps.ts";

/** Indices and filter of a search, and what is not comparable there. */
export type Scope = VectorScope & {
  /** Indices to search by words, those without vectors included. */
  wordIndices: readonly string[];
  /** Comparable records; null where not all of them were visible. */
  records: number | null;
  otherModels: SearchAnswer["other_models"];
  nothingComparable: SearchAnswer["nothing_comparable"];
  leftOut: SearchAnswer["left_out"];
  gaps: readonly Gap[];
};

/** What the survey and the filter leave to search by words. Throws a Fault. */
export async function resolveWordScope(
  { readSurvey }: Pick<SearchDeps, "readSurvey">,
  { index: pattern, since, until, level, service, phrases }: SearchFilter,
  excludeKeys: readonly string[],
  signal: AbortSignal,
): Promise<Scope> {
  const patterns = pattern?.split(",").map((one) => one.trim());
  const isMeant = ({ index }: { index: string }) =>
    patterns?.some((one) => matchesIndex(one, index)) ?? true;
  const { fit, unfit } = await readSurvey(signal);
  const asked = fit.filter(isMeant).map(({ index }) => index);
  return {
    indices: asked,
    wordIndices: asked,
    filter: {
      ...(since === undefined ? {} : { since }),
      ...(until === undefined ? {} : { until }),
      ...(level === undefined ? {} : { level }),
      ...(service === undefined ? {} : { service }),
      ...(phrases === undefined || phrases.length === 0 ? {} : { phrases }),
    },
    excludeKeys,
    records: null,
    otherModels: [],
    nothingComparable: null,
    leftOut: unfit.filter(isMeant).map(leftOutBy),
    gaps: NO_GAPS,
  };
}

/** The same to search by vector too. Throws a Fault. */
export async function resolveScope(
  deps: Pick<SearchDeps, "store" | "vectors" | "embedder" | "readSurvey" | "otherModels">,
  filter: SearchFilter,
  excludeKeys: readonly string[],
  signal: AbortSignal,
): Promise<Scope> {
  const { vectors, embedder, readSurvey } = deps;
  const scope = await resolveWordScope(deps, filter, excludeKeys, signal);
  const { models, leftOut, gaps } = await vectors.comparable(scope, signal);
  const out = new Set(leftOut.map(({ index }) => index));
  const seen = models.find(({ model }) => model === embedder.model)?.records ?? 0;
  const records = gaps.length > 0 ? null : seen;
  const otherModels = models.filter(({ model }) => model !== embedder.model);
  const isNothing = records === 0 && otherModels.length > 0;
  const indices = (await readSurvey(signal)).fit.map(({ index }) => index);
  return {
    ...scope,
    indices: scope.indices.filter((index) => !out.has(index)),
    records,
    otherModels,
    nothingComparable: isNothing ? await whatItTakes(deps, { indices, otherModels }, signal) : null,
    leftOut: [...scope.leftOut, ...leftOut],
    gaps,
  };
}

function leftOutBy({ index, reason, dimensions }: UnfitIndex): LeftOut {
  return { index, reason, ...(dimensions === undefined ? {} : { dimensions }) };
}

/** As `status` counts it; where the store does not answer, from what the search has seen. */
async function whatItTakes(
  { store, otherModels: read }: Pick<SearchDeps, "store" | "otherModels">,
  { indices, otherModels }: { indices: readonly string[]; otherModels: Scope["otherModels"] },
  signal: AbortSignal,
): Promise<OtherModels> {
  const seen = {
    records: otherModels.reduce((sum, { records }) => sum + records, 0),
    models: otherModels.map((one) => ({ ...one, dimensions: null })),
    estimate: null,
    command: REEMBED,
  } as const;
  try {
    const { rows } = await store.coverage({ indices }, signal);
    return (await read(rows, signal)) ?? seen;
  } catch (error) {
    if (error instanceof Fault) return seen;
    throw error;
  }
}
