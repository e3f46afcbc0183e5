/** What is written beside a vector, under `<vector field>_meta`. */
export type Stamp = {
  model: string;
  dimensions: number;
  /** HMAC of the whole text that was embedded, masked as it was sent, hex: see enrichment/signer. */
  text_hash: string;
  /** ISO 8601, UTC. */
  embedded_at: string;
  /** True where only the head was embedded: the text was cut where it was read, or at the embedder's limit. */
  truncated: boolean;
  /**
   * HMAC, hex, over the above save `embedded_at` and over the vector. This and the next two are absent in stamps of
   * before, and where an index takes no mapping for them.
   */
  mac?: string;
  /** Names the key of the HMACs: eight hex digits. */
  key?: string;
  /** The version of what makes the text of a record. */
  text?: string;
};

/** Tells what we wrote from what anybody else indexed: a stamp is a claim. */
export type StampCheck = {
  /** As stamps name it. */
  key: string;
  /** Whether the stamp was written by a holder of the key beside exactly this vector, which can be searched. */
  holds(stamp: Record<string, unknown>, vector: Float32Array): boolean;
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

/** What a mark rests on: once any of it is otherwise, the record is looked at again. */
export type MarkBasis = {
  /** The fields that were looked at for the text, as MESSAGE_FIELD lists them. */
  field?: string;
  /** Of the text that was found there, as a stamp has it. */
  text_hash?: string;
  /** The model that refused it; absent: the document refused its vector, or a person gave it up. */
  refused_by?: string;
  /** The most tokens of a text that were sent when it was refused for its length. */
  token_limit?: number;
} & MarkSeal;

/** What proves who wrote a mark; absent in marks of before, and where an index takes no mapping for it. */
type MarkSeal = {
  /** HMAC, hex, over the record, the reason, `text_hash`, attempts and next try. */
  mac?: string;
  /** Names the key of the HMAC. */
  key?: string;
};

/** What is written instead of a vector: there is nothing to embed, or the embedder refused the text for its own sake. */
export type SkipMark = EmptyMark | RefusalMark;

export type SkipKind = SkipMark["skipped"];

export type EmptyMark = { skipped: "empty" } & Pick<
  MarkBasis,
  "field" | "text_hash" | keyof MarkSeal
>;

export type RefusalMark = MarkBasis & {
  skipped: "refused";
  /** How often it was refused. */
  attempts: number;
  error: string;
  /** When it is tried again, ISO 8601, UTC; absent: never. */
  next_try?: string;
};

/** Whose refusals count, and up to which length texts are sent. */
export type Refuser = { model: string; tokenLimit?: number };

/** As a mark names them. */
export function fieldName(textFields: readonly string[] | undefined): string | undefined {
  return textFields === undefined || textFields.length === 0 ? undefined : textFields.join(",");
}

/**
 * Whether a mark still says something of a record with these fields and this text. `field` is left out of it where it is
 * undefined; a mark that names no text never holds.
 */
export function markHolds(
  stamp: Record<string, unknown> | undefined,
  { field, textHash, by }: { field?: string | undefined; textHash: string; by: Refuser },
): boolean {
  if (stamp?.["skipped"] !== "empty" && stamp?.["skipped"] !== "refused") return false;
  const { field: own, text_hash: hash, refused_by: refuser, token_limit: limit } = stamp;
  if (hash !== textHash || (field !== undefined && own !== field)) return false;
  if (typeof refuser === "string" && refuser !== by.model) return false;
  return typeof limit !== "number" || by.tokenLimit === undefined || limit === by.tokenLimit;
}

/** Whether a record with that mark is left alone now. */
export function isDue({ next_try: nextTry }: Record<string, unknown>, now: number): boolean {
  return typeof nextTry === "string" && Date.parse(nextTry) <= now;
}

/** For a vector that is written again: when it was made and whether its text was cut stay as they were said. */
export function renewedStamp(
  before: Record<string, unknown>,
  { model, dimensions, text_hash: hash }: Pick<Stamp, "model" | "dimensions" | "text_hash">,
): Stamp {
  const { embedded_at: embeddedAt, truncated } = before;
  return {
    model,
    dimensions,
    text_hash: hash,
    embedded_at: typeof embeddedAt === "string" ? embeddedAt : new Date(0).toISOString(),
    truncated: truncated === true,
  };
}
