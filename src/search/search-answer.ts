import type { OtherModels } from "../domain/other-models.ts";
import type { Gap } from "../domain/partial.ts";
import type { Outcome } from "../domain/outcome.ts";
import type { EmbeddingUse } from "../domain/summary.ts";

/** What a search came to, as `--json` prints it. Times are ISO 8601, UTC. */
export type SearchAnswer = {
  query: {
    /** As it was compared: secrets masked, the variable parts too where EMBEDDING_TEXT says so. */
    text: string;
    /** Only its head was embedded. */
    truncated: boolean;
    /** The record whose like were sought; null for a text. */
    index: string | null;
    id: string | null;
  };
  model: string;
  dimensions: number;
  /** Best first. */
  hits: SearchHit[];
  /** More like these may be there. */
  more: boolean;
  searched: {
    indices: number;
    /** With a vector of the model, under the filters; null where not all of them could be seen. */
    records: number | null;
    /** In indices without a graph only the newest records are compared; null where all have one. */
    without_graph: { indices: number; records: number; compared: number } | null;
  };
  /** Records whose vectors are of another model, or of none that is known (null): they cannot be compared. */
  other_models: { model: string | null; records: number }[];
  /**
   * Set where no record carries a vector of this model and others do, so that nothing could be compared: what it takes
   * to make new ones, over all indices.
   */
  nothing_comparable: OtherModels | null;
  /** Indices that could not be asked, and why. */
  left_out: LeftOut[];
  /** What was not seen of the indices that were searched; empty where they answered in whole. */
  gaps: readonly Gap[];
  embedding: EmbeddingUse;
  /** What became of a record that had no vector; null where it was not to get one. */
  stored: Outcome | null;
  duration_ms: number;
};

/** `dimensions`: of its vectors, where that is the reason. */
export type LeftOut = { index: string; reason: string; dimensions?: number };

/** Records that say the same, save for what varies; shown by the nearest of them. */
export type SearchHit = {
  /** Cosine similarity, -1 to 1. */
  score: number;
  /** Records with the texts of this hit, under the filters. */
  count: number;
  first_seen: string | null;
  last_seen: string | null;
  index: string;
  id: string;
  routing: string | null;
  timestamp: string | null;
  level: string | null;
  service: string | null;
  /** Secrets masked; its head where it is long. */
  message: string;
  message_truncated: boolean;
};
