/** OpenSearch advises 5 to 15 MB a request; AWS refuses more than 10 MB on small nodes. */
export const MAX_BULK_BYTES = 5_000_000;
const FIRST_BYTES = 1 << 20;

export type BulkPiece = string | Float32Array;

/** The lines of one bulk request in a reusable buffer: strings would be megabytes of garbage a second. */
export type BulkBody = {
  /**
   * Adds whole lines; returns false and adds nothing where the body would exceed its limit. The first lines always fit.
   */
  add(lines: readonly BulkPiece[]): boolean;
  /** Valid until the next `clear()`. */
  bytes(): Buffer;
  clear(): void;
};

export function createBulkBody(maxBytes = MAX_BULK_BYTES): BulkBody {
  let buffer = Buffer.allocUnsafe(Math.min(FIRST_BYTES, maxBytes));
  let used = 0;
  const makeRoom = (needed: number) => {
    if (needed <= buffer.length) return;
    const grown = Buffer.allocUnsafe(Math.max(needed, buffer.length * 2));
    buffer.copy(grown, 0, 0, used);
    buffer = grown;
  };
  const write = (at: number, piece: BulkPiece): number =>
    typeof piece === "string" ? at + buffer.write(piece, at) : writeVector(buffer, at, piece);
  return {
    add(lines) {
      makeRoom(used + lines.reduce((sum, piece) => sum + mostBytes(piece), 0));
      const end = lines.reduce((at, piece) => write(at, piece), used);
      if (used > 0 && end > maxBytes) return false;
      used = end;
      return true;
    },
    bytes: () => buffer.subarray(0, used),
    clear() {
      used = 0;
    },
  };
}

function mostBytes(piece: BulkPiece): number {
  return typeof piece === "string" ? Buffer.byteLength(piece) : maxVectorBytes(piece.length);
}

const DIGITS = 8;
const SCALE = 10 ** DIGITS;
/** Above this a scaled value is not exact. */
const MAX_SCALED = 1e7;
/** "-9999999.99999999,"; larger values print shorter, with an exponent. */
const MAX_VALUE_BYTES = 26;

const [ZERO, MINUS, POINT, COMMA, OPEN, CLOSE] = [48, 45, 46, 44, 91, 93];

/** "0000" to "9999": a lookup of four digits is faster than dividing for each. */
const FOUR_DIGITS = Buffer.from(
  Array.from({ length: 10_000 }, (_, number) => String(number).padStart(4, "0")).join(""),
  "latin1",
);

export function maxVectorBytes(length: number): number {
  return 2 + length * MAX_VALUE_BYTES;
}

/**
 * Writes a vector as JSON and returns the end position. Rounding to 1e-8 halves the text; writing digits into the
 * buffer avoids megabytes of garbage.
 */
export function writeVector(target: Buffer, start: number, vector: Float32Array): number {
  let at = start;
  target[at++] = OPEN;
  for (let i = 0; i < vector.length; i++) {
    if (i > 0) target[at++] = COMMA;
    at = writeValue(target, at, vector[i] ?? 0);
  }
  target[at++] = CLOSE;
  return at;
}

function writeValue(target: Buffer, start: number, value: number): number {
  const size = Math.abs(value);
  if (!(size < MAX_SCALED)) return start + target.write(JSON.stringify(value), start, "latin1");
  const scaled = Math.round(size * SCALE);
  let at = start;
  if (value < 0 && scaled > 0) target[at++] = MINUS;
  if (scaled < SCALE) {
    target[at++] = ZERO;
    return writeFraction(target, at, scaled);
  }
  const whole = Math.floor(scaled / SCALE);
  at += target.write(String(whole), at, "latin1");
  return writeFraction(target, at, scaled - whole * SCALE);
}

/** The eight decimals without trailing zeros. */
function writeFraction(target: Buffer, start: number, fraction: number): number {
  if (fraction === 0) return start;
  const high = (fraction / 10_000) | 0;
  const low = fraction - high * 10_000;
  target[start] = POINT;
  writeFour(target, start + 1, high);
  writeFour(target, start + 5, low);
  let end = start + 1 + DIGITS;
  while (target[end - 1] === ZERO) end--;
  return end;
}

function writeFour(target: Buffer, at: number, number: number): void {
  const from = number * 4;
  target[at] = FOUR_DIGITS[from] ?? ZERO;
  target[at + 1] = FOUR_DIGITS[from + 1] ?? ZERO;
  target[at + 2] = FOUR_DIGITS[from + 2] ?? ZERO;
  target[at + 3] = FOUR_DIGITS[from + 3] ?? ZERO;
}
