import { readVector } from "./read-vector.ts";

const KEY = '"embedding"';
const [QUOTE, BACKSLASH, COLON, OPEN, CLOSE] = [0x22, 0x5c, 0x3a, 0x5b, 0x5d];
const BLANKS: ReadonlySet<number | undefined> = new Set([0x20, 0x0a, 0x0d, 0x09]);

/**
 * The parsed JSON of an embedder's answer; undefined where it is none. Each vector under `embedding` is a Float32Array, made
 * from the bytes one after the other: a string of the whole answer and a string or an array of each vector, all held at
 * once, would be half of the garbage that a vector costs. Where one of them has another form, all are parsed as any JSON,
 * for readVector.
 */
export function parseEmbeddings(bytes: Buffer): unknown {
  const lifted = liftVectors(bytes);
  try {
    if (!lifted) return JSON.parse(decoded(bytes));
    return JSON.parse(decoded(lifted.rest), (key, value: unknown) =>
      key === "embedding" && typeof value === "number" ? lifted.vectors[value] : value,
    );
  } catch {
    return undefined;
  }
}

function decoded(bytes: Buffer): string {
  return new TextDecoder().decode(bytes);
}

/** The JSON with numbers in the place of its vectors, from 0 on; undefined where some value of `embedding` is no vector. */
function liftVectors(bytes: Buffer): { rest: Buffer; vectors: Float32Array[] } | undefined {
  const vectors: Float32Array[] = [];
  const parts: Buffer[] = [];
  let from = 0;
  for (let start = valueOfKey(bytes, 0); start !== -1; start = valueOfKey(bytes, from)) {
    const end = bytes.indexOf(bytes[start] === OPEN ? CLOSE : QUOTE, start + 1) + 1;
    const vector = end > 0 ? vectorIn(bytes, start, end) : null;
    if (!vector) return undefined;
    parts.push(bytes.subarray(from, start), Buffer.from(String(vectors.length), "latin1"));
    vectors.push(vector);
    from = end;
  }
  parts.push(bytes.subarray(from));
  return { rest: Buffer.concat(parts), vectors };
}

/** Where the value of the next key `embedding` begins; -1 where there is none. */
function valueOfKey(bytes: Buffer, from: number): number {
  for (let at = bytes.indexOf(KEY, from); at !== -1; at = bytes.indexOf(KEY, at + KEY.length)) {
    const colon = skipBlanks(bytes, at + KEY.length);
    // In a string every quote has a backslash before it, so that before a colon this is a key.
    if (bytes[colon] === COLON && bytes[at - 1] !== BACKSLASH) return skipBlanks(bytes, colon + 1);
  }
  return -1;
}

function skipBlanks(bytes: Buffer, start: number): number {
  let at = start;
  while (BLANKS.has(bytes[at])) at++;
  return at;
}

/** The vector that stands there as a list or as base64; null where it is none, or not of plain characters. */
function vectorIn(bytes: Buffer, start: number, end: number): Float32Array | null {
  if (bytes[start] === OPEN) {
    try {
      return readVector(JSON.parse(bytes.toString("latin1", start, end)));
    } catch {
      return null;
    }
  }
  // No base64 has such a length: one more character, which the decoder skips, would go unnoticed.
  if (bytes[start] !== QUOTE || (end - start - 2) % 4 === 1) return null;
  return readVector(bytes.toString("latin1", start + 1, end - 1));
}
