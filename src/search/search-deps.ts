import type { Enrichment } from "../pipeline/open-enrichment.ts";
import type { ReadOtherModels } from "../domain/other-models.ts";
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

export type SearchFilter = RecordFilter & {
  /** Names or patterns of indices and data streams, comma-separated. */
  index?: string;
  /** Cosine similarity, 0 to 1. */
  minScore?: number;
  limit: number;
};
