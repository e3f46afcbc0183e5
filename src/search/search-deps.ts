import type { Enrichment } from "../pipeline/open-enrichment.ts";
import type { ReadOtherModels } from "../domain/other-models.ts";
import type { Embedder } from "../ports/embedder.ts";
import type { Events } from "../ports/events.ts";
import type { RecordFilter } from "../ports/vector-index.ts";
import type { QueryVectorCache } from "./query-vector-cache.ts";
import type { ReadSurvey } from "./cached-survey.ts";

export type SearchDeps = Enrichment & {
  events: Events;
  readSurvey: ReadSurvey;
  queryVectors: QueryVectorCache;
  otherModels: ReadOtherModels;
  settings: {
    /** Levels whose records get a vector. */
    levels: readonly string[];
    toShown(text: string): string;
  };
};

/** What a search by words takes: no embedder, save the name of the model whose vectors count. */
export type WordSearchDeps = Pick<
  SearchDeps,
  "store" | "vectors" | "toText" | "signer" | "readSurvey" | "settings" | "events" | "tracer"
> & { clock: Pick<SearchDeps["clock"], "now">; embedder: Pick<Embedder, "model" | "dimensions"> };

export type SearchFilter = RecordFilter & {
  /** Names or patterns of indices and data streams, comma-separated. */
  index?: string;
  /** Cosine similarity, 0 to 1. */
  minScore?: number;
  limit: number;
};
