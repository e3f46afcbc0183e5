import { matchesIndex } from "../model/index-pattern.ts";
import type { VectorScope } from "../ports/vector-search.ts";
import type { SearchAnswer } from "./search-answer.ts";
import type { SearchDeps, SearchFilter } from "./search-deps.ts";

/** Where a search looks, and what cannot be compared there. */
export type Scope = VectorScope & {
  /** Records that can be compared. */
  records: number;
  otherModels: SearchAnswer["other_models"];
  leftOut: SearchAnswer["left_out"];
  failedShards: number;
};

/** Throws a Fault. */
export async function openScope(
  { store, embedder, surveys }: Pick<SearchDeps, "store" | "embedder" | "surveys">,
  { index: pattern, since, until, level, service }: SearchFilter,
  excludeKeys: readonly string[],
  signal: AbortSignal,
): Promise<Scope> {
  const patterns = pattern?.split(",").map((one) => one.trim());
  const isMeant = ({ index }: { index: string }) =>
    patterns?.some((one) => matchesIndex(one, index)) ?? true;
  const { fit, unfit } = await surveys(signal);
  const asked = fit.filter(isMeant).map(({ index }) => index);
  const filter = {
    ...(since === undefined ? {} : { since }),
    ...(until === undefined ? {} : { until }),
    ...(level === undefined ? {} : { level }),
    ...(service === undefined ? {} : { service }),
  };
  const scope = { indices: asked, filter, excludeKeys };
  const { models, leftOut, failedShards } = await store.comparable(scope, signal);
  const out = new Set(leftOut.map(({ index }) => index));
  return {
    ...scope,
    indices: asked.filter((index) => !out.has(index)),
    records: models.find(({ model }) => model === embedder.model)?.records ?? 0,
    otherModels: models.filter(({ model }) => model !== embedder.model),
    leftOut: [...unfit.filter(isMeant).map(({ index, reason }) => ({ index, reason })), ...leftOut],
    failedShards,
  };
}
