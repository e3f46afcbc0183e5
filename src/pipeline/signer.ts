import { createHmac, createSecretKey, hash as hashOf, timingSafeEqual } from "node:crypto";
import { endianness } from "node:os";
import type { LogRecord } from "../domain/log-record.ts";
import type { SkipMark, Stamp, StampCheck } from "../domain/stamp.ts";
import { asStored, vectorProblem } from "../domain/vector.ts";

/**
 * `unsaid`: it has no hash, or one of a text that other rules made. `foreign`: under another key, so only the holder of that
 * key can tell.
 */
type SaidText = "this" | "another" | "unsaid" | "foreign";

/** `foreign`: it names another key, so only the holder of that key can tell. */
type SaidMark = "signed" | "unproven" | "foreign";

type Marked = Pick<LogRecord, "indexUuid" | "id" | "stamp">;

/** Signs what is written beside vectors and tells what it signed from what anybody else indexed. */
export type Signer = StampCheck & {
  /** Version of the rules that make a record's text, as in a stamp. */
  readonly textVersion: string;
  /** HMAC-SHA256 of the UTF-8 text, hex: equal texts share a vector. */
  textHash(text: string): string;
  /** Of which text a stamp says its vector is. Stamps of before, without a key, hold a plain SHA-256. */
  textOf(stamp: Record<string, unknown>, text: string): SaidText;
  /** The stamp, with what proves that it was written here beside this vector. */
  sign(stamp: Stamp, vector: Float32Array): Stamp;
  /** The mark, with what proves that it was written here for this very record. */
  signMark(record: Omit<Marked, "stamp">, mark: SkipMark): SkipMark;
  /** HMAC-SHA256 of what is kept outside of records, 32 bytes. */
  seal(bytes: Uint8Array): Buffer;
  /** Whether the mark of a record was written by a holder of the key for this very record, and not changed since. */
  markOf(record: Marked): SaidMark;
};

type SignerOptions = {
  /** 32 bytes or more. */
  secret: Buffer | string;
  /** What makes the text of a record, by its version. */
  textVersion: string;
};

export function createSigner({ secret, textVersion }: SignerOptions): Signer {
  // One key for each purpose: what is signed for the one is of no use for the other.
  const derive = (purpose: string) =>
    createHmac("sha256", secret).update(`log-vectorizer ${purpose}, version 1`).digest();
  // Made once: Node takes 10 µs to make a key object of bytes.
  const textKey = createSecretKey(derive("text"));
  const stampKey = createSecretKey(derive("stamp"));
  const markKey = createSecretKey(derive("mark"));
  const sealKey = createSecretKey(derive("held vectors"));
  const key = derive("key").toString("hex").slice(0, 8);
  const textHash = (text: string) => createHmac("sha256", textKey).update(text).digest("hex");
  let stored = new Float32Array();
  const macOf = (
    { text_hash: hash, model, dimensions, truncated }: Signed,
    vector: Float32Array,
  ) => {
    if (stored.length !== vector.length) stored = new Float32Array(vector.length);
    return createHmac("sha256", stampKey)
      .update(`${JSON.stringify([hash, model, dimensions, truncated])}\n`)
      .update(float32Bytes(asStored(vector, stored)))
      .digest("hex");
  };
  const markMac = ({ indexUuid, id }: Omit<Marked, "stamp">, mark: Covered) => {
    const { skipped, text_hash: hash, attempts, error, next_try: nextTry } = mark;
    const said = [skipped, hash, attempts, error, nextTry].map((value) => value ?? null);
    const covered = JSON.stringify([indexUuid ?? null, id, ...said]);
    return createHmac("sha256", markKey).update(covered).digest("hex");
  };
  return {
    key,
    textVersion,
    textHash,
    holds(stamp, vector) {
      const { mac, text_hash: hash, model, dimensions, truncated } = stamp;
      if (stamp["key"] !== key || typeof mac !== "string" || typeof dimensions !== "number") {
        return false;
      }
      if (vectorProblem(vector, dimensions) !== undefined) return false;
      return isSame(mac, macOf({ text_hash: hash, model, dimensions, truncated }, vector));
    },
    textOf(stamp, text) {
      const { text_hash: hash, key: named, mac, text: version } = stamp;
      if (typeof hash !== "string") return "unsaid";
      if (hash === textHash(text)) return "this";
      if (typeof named === "string" && named !== key) return "foreign";
      if (typeof version === "string" && version !== textVersion) return "unsaid";
      return mac === undefined && hash === digest(text) ? "this" : "another";
    },
    seal: (bytes) => createHmac("sha256", sealKey).update(bytes).digest(),
    signMark: (record, mark) => ({ ...mark, mac: markMac(record, mark), key }),
    markOf({ stamp = {}, ...record }) {
      const { mac, key: named } = stamp;
      if (typeof mac !== "string") return "unproven";
      if (typeof named === "string" && named !== key) return "foreign";
      return isSame(mac, markMac(record, stamp)) ? "signed" : "unproven";
    },
    sign: (stamp, vector) => ({ ...stamp, mac: macOf(stamp, vector), key, text: textVersion }),
  };
}

type Covered = {
  [name in "skipped" | "text_hash" | "attempts" | "error" | "next_try"]?: unknown;
};

type Signed = Record<"text_hash" | "model" | "dimensions" | "truncated", unknown>;

/** SHA-256 of the UTF-8 text, hex; names what no document shows. */
export function digest(text: string): string {
  return hashOf("sha256", text);
}

/** Float32, little-endian; where the machine is so too, a view of the vector. */
export function float32Bytes(vector: Float32Array): Uint8Array {
  const bytes = new Uint8Array(vector.buffer, vector.byteOffset, vector.byteLength);
  return endianness() === "LE" ? bytes : Buffer.from(bytes).swap32();
}

/** The vector of such bytes, a copy; their number is a multiple of four. */
export function float32In(bytes: Uint8Array): Float32Array {
  const copy = new Uint8Array(bytes);
  if (endianness() !== "LE") Buffer.from(copy.buffer).swap32();
  return new Float32Array(copy.buffer);
}

function isSame(given: string, own: string): boolean {
  const [a, b] = [Buffer.from(given), Buffer.from(own)];
  return a.length === b.length && timingSafeEqual(a, b);
}
