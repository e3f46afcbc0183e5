import type { OtherModels } from "../domain/other-models.ts";
import type { Gap } from "../domain/partial.ts";
import type { Outcome } from "../domain/outcome.ts";
import type { EmbeddingUse } from "../domain/summary.ts";

/** The answer of a search, as `--json` prints it. Times are ISO 8601, UTC. */
export type SearchAnswer = {
  query: {
    /** As it was compared: masked, and as a template where EMBEDDING_TEXT says so. */
    text: string;
    /** Only the head of the text was embedded. */
    truncated: boolean;
    /** The record of a `similar` search; null for a text. */
    index: string | null;
    id: string | null;
  };
  model: string;
  dimensions: number;
  /** Best first. */
  hits: SearchHit[];
  more: boolean;
  searched: {
    indices: number;
    /** With a vector of the model, under the filters; null where not all of them were visible. */
    records: number | null;
    /** Indices without a graph, where only the newest records are compared; null where all have one. */
    without_graph: { indices: number; records: number; compared: number } | null;
  };
  /** Records whose vectors are of another or an unknown (null) model, and so not comparable. */
  other_models: { model: string | null; records: number }[];
  /**
   * Set where all vectors are of other models, so that nothing was compared: the cost of new ones, over all indices.
   */
  nothing_comparable: OtherModels | null;
  /** Indices that could not be searched, and why. */
  left_out: LeftOut[];
  /** Parts of the searched indices that did not answer; empty where the answer is complete. */
  gaps: readonly Gap[];
  embedding: EmbeddingUse;
  /** Outcome of a record that had no vector; null where it was not to get one. */
  stored: Outcome | null;
  duration_ms: number;
};

/** `dimensions`: of its vectors, where they are the reason. */
export type LeftOut = { index: string; reason: string; dimensions?: number };

/** Records of one error; the fields are those of the nearest. */
export type SearchHit = {
  /** Cosine similarity, -1 to 1. */
  score: number;
  /** Records with the texts of this hit, under the filters. */
  count: number;
  first_seen: string | null;
  last_seen: string | null;
  index: string;
  id: string;
  shard_key: string | null;
  timestamp: string | null;
  level: string | null;
  service: string | null;
  /** Masked, and cut where it is long. */
  message: string;
  message_truncated: boolean;
};
