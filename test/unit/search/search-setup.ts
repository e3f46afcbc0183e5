import { redact, type Redaction } from "../../../src/domain/redact.ts";
import { joinStore } from "../../../src/pipeline/joined-store.ts";
import { createCachedSurvey } from "../../../src/search/cached-survey.ts";
import { createQueryVectorCache } from "../../../src/search/query-vector-cache.ts";
import type { SearchDeps } from "../../../src/search/search-deps.ts";
import { search, type SearchQuery } from "../../../src/search/search.ts";
import { similar, type SimilarQuery } from "../../../src/search/similar.ts";
import type { SeedDocument, Source } from "../../support/fakes/fake-log-store.ts";
import { otherModelsIn } from "../../support/other-models.ts";
import { signed, signer, textHash } from "../../support/fakes/signer.ts";
import { stubVector } from "../../support/fakes/stub-vector.ts";
import { setUpBatch, type BatchSetup } from "../pipeline/batch-setup.ts";

export const MODEL = "fake-model";
const DIMENSIONS = 8;

/** A record of level ERROR; with `vector`, or that of its text, stamped as an earlier cycle would have. */
export function vectorized(
  number: number,
  message: string,
  { vector, stamp = {}, ...source }: { vector?: readonly number[]; stamp?: Source } & Source = {},
): SeedDocument {
  const own = vector ?? [...stubVector(message, DIMENSIONS)];
  const unsigned = {
    model: MODEL,
    dimensions: DIMENSIONS,
    text_hash: textHash(message),
    embedded_at: "then",
    truncated: false,
  };
  const meta = signed({ ...unsigned, ...stamp }, own);
  const document = pending(number, message, source);
  return {
    ...document,
    source: { ...document.source, log_vector: own, log_vector_meta: meta },
  };
}

export function pending(number: number, message: unknown, source: Source = {}): SeedDocument {
  const time = { "@timestamp": timeOf(number), level: "ERROR" };
  return { index: "app_logs", id: `log-${number}`, source: { ...time, message, ...source } };
}

export function timeOf(number: number): string {
  return new Date(Date.UTC(2026, 0, 1) + number * 60_000).toISOString();
}

/** Vectors at these cosines to that of `axis(1)`. */
export function axis(cosine: number): number[] {
  return [cosine, Math.sqrt(1 - cosine * cosine), 0, 0, 0, 0, 0, 0];
}

/** Searches over everything in memory, by meaning unless a mode is given. */
export function setUpSearch(
  documents: readonly SeedDocument[],
  options: BatchSetup & { redaction?: Redaction } = {},
) {
  const { redaction = "secrets", ...rest } = options;
  const toShown = (text: string) => redact(text, redaction);
  const setup = setUpBatch(documents, rest);
  setup.store.write = joinStore({
    store: { ...setup.store },
    vectors: setup.store,
    signer: async () => signer,
  }).store.write;
  const deps: SearchDeps = {
    ...setup,
    readSurvey: createCachedSurvey(setup),
    queryVectors: createQueryVectorCache(setup.state, setup.embedder),
    otherModels: otherModelsIn(setup),
    settings: { levels: ["error"], toShown },
  };
  const { signals } = setup.stop;
  return {
    ...setup,
    /** What the embedder answers every text with. */
    answerWith(vector: readonly number[]) {
      setup.embedder.always(({ inputs }) => ({
        vectors: inputs.map(() => Float32Array.from(vector)),
        tokens: inputs.length,
      }));
    },
    search: (text: string, query: Partial<SearchQuery> = {}) =>
      search(deps, { limit: 10, mode: "meaning", ...query, text }, signals),
    similar: (id: string, query: Partial<SimilarQuery> = {}) =>
      similar(deps, { limit: 10, of: { index: "app_logs", id }, ...query }, signals),
  };
}
