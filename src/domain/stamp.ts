import { isGroupId } from "./group.ts";

/** Written beside a vector, under `<vector field>_meta`. */
export type Stamp = {
  model: string;
  dimensions: number;
  /** HMAC of the whole redacted text that was embedded, hex: see pipeline/signer. */
  text_hash: string;
  /** ISO 8601, UTC. */
  embedded_at: string;
  /** Only the head was embedded: the text was cut when read, or at the embedder's limit. */
  truncated: boolean;
  /**
   * HMAC, hex, over the above (without `embedded_at`) and the vector. This and the next two are absent in stamps of
   * earlier releases and where an index has no mapping for them.
   */
  mac?: string;
  /** Name of the HMAC key: eight hex digits. */
  key?: string;
  /** Version of the rules that make a record's text. */
  text?: string;
  /**
   * The id of the record's group (see domain/group), written once. Absent in stamps of earlier releases and where an index
   * has no mapping for it.
   */
  group?: string;
};

/** Verifies stamps: any program can index one. */
export type StampCheck = {
  /** The key's name in stamps. */
  key: string;
  /** Whether a holder of the key wrote the stamp for exactly this vector. */
  holds(stamp: Record<string, unknown>, vector: Float32Array): boolean;
};

/** Vectors are comparable if model and dimensions are equal. */
export type VectorModel = Pick<Stamp, "model" | "dimensions">;

/** Whether the stamp is of the model; without dimensions the name decides. */
export function isOfModel(
  stamp: Record<string, unknown> | undefined,
  { model, dimensions }: VectorModel,
): boolean {
  const own = stamp?.["dimensions"] ?? dimensions;
  return stamp?.["model"] === model && own === dimensions;
}

/** What a skip mark rests on; if any of it changes, the record is tried again. */
export type MarkBasis = {
  /** The fields that were read for the text, as in MESSAGE_FIELD. */
  field?: string;
  /** Hash of the text found there, as in a stamp. */
  text_hash?: string;
  /** The model that refused the text; absent: the index refused the vector, or a person dropped the record. */
  refused_by?: string;
  /** The token limit in force when the text was refused as too long. */
  token_limit?: number;
} & MarkSeal;

/** The signature of a mark; absent in marks of earlier releases and without a mapping for it. */
type MarkSeal = {
  mac?: string;
  key?: string;
};

/** Written instead of a vector: nothing to embed, or refused for the record's own fault. */
export type SkipMark = EmptyMark | RefusalMark;

export type SkipKind = SkipMark["skipped"];

export type EmptyMark = { skipped: "empty" } & Pick<
  MarkBasis,
  "field" | "text_hash" | keyof MarkSeal
>;

export type RefusalMark = MarkBasis & {
  skipped: "refused";
  /** Refusals so far. */
  attempts: number;
  error: string;
  /** ISO 8601, UTC; absent: never tried again. */
  next_try?: string;
};

/** The model whose refusals count, and the token limit in force. */
export type Refuser = { model: string; tokenLimit?: number };

/** The fields as one name in a mark. */
export function fieldName(textFields: readonly string[] | undefined): string | undefined {
  return textFields === undefined || textFields.length === 0 ? undefined : textFields.join(",");
}

/**
 * Whether a mark still applies to a record with these fields and this text. An undefined `field` is not compared; a
 * mark without a text hash never holds.
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

/** Whether the record of this mark is due for another try. */
export function isDue({ next_try: nextTry }: Record<string, unknown>, now: number): boolean {
  return typeof nextTry === "string" && Date.parse(nextTry) <= now;
}

/** The stamp for rewriting a vector: time, truncation and group stay as they were. */
export function renewedStamp(
  before: Record<string, unknown>,
  { model, dimensions, text_hash: hash }: Pick<Stamp, "model" | "dimensions" | "text_hash">,
): Stamp {
  const { embedded_at: embeddedAt, truncated, group } = before;
  return {
    model,
    dimensions,
    text_hash: hash,
    embedded_at: typeof embeddedAt === "string" ? embeddedAt : new Date(0).toISOString(),
    truncated: truncated === true,
    ...(isGroupId(group) ? { group } : {}),
  };
}
