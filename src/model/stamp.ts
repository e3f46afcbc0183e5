/** What is written beside a vector, under `<vector field>_meta`. */
export type Stamp = {
  model: string;
  dimensions: number;
  /** SHA-256 of the whole text that was embedded, masked as it was sent, hex: see enrichment/text. */
  text_hash: string;
  /** ISO 8601, UTC. */
  embedded_at: string;
  /** True where the text was cut at the embedder's limit before it was embedded. */
  truncated: boolean;
};

/** What makes two vectors comparable: both are of the same model and of as many dimensions. */
export type VectorModel = Pick<Stamp, "model" | "dimensions">;

/** Whether a vector with that stamp is one of the model; a stamp that leaves out the dimensions goes by its name. */
export function isOfModel(
  stamp: Record<string, unknown> | undefined,
  { model, dimensions }: VectorModel,
): boolean {
  const own = stamp?.["dimensions"] ?? dimensions;
  return stamp?.["model"] === model && own === dimensions;
}

/** What is written instead of a vector: there is nothing to embed, or the embedder refused the text for its own sake. */
export type SkipMark = { skipped: "empty" } | RefusalMark;

export type RefusalMark = {
  skipped: "refused";
  /** How often it was refused. */
  attempts: number;
  error: string;
  /** When it is tried again, ISO 8601, UTC; absent: never. */
  next_try?: string;
};
