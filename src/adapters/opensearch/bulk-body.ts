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
/** As two bytes in little-endian order. */
const [ZERO_COMMA, ZERO_POINT] = [ZERO | (COMMA << 8), ZERO | (POINT << 8)];

/** "0000" to "9999" as four bytes in little-endian order: one write instead of four divisions. */
const FOUR_DIGITS = Uint32Array.from({ length: 10_000 }, (_, number) =>
  Buffer.from(String(number).padStart(4, "0"), "latin1").readUInt32LE(),
);

export function maxVectorBytes(length: number): number {
  return 2 + length * MAX_VALUE_BYTES;
}

/**
 * Writes a vector as JSON and returns the end position; `target` has room for `maxVectorBytes`. Rounding to 1e-8 halves
 * the text; writing digits into the buffer avoids megabytes of garbage. Without a branch on the sign, which is random in an
 * embedding: that would take half of the time.
 */
export function writeVector(target: Buffer, start: number, vector: Float32Array): number {
  const view = new DataView(target.buffer, target.byteOffset, target.byteLength);
  const bits = new Int32Array(vector.buffer, vector.byteOffset, vector.length);
  let at = start;
  target[at++] = OPEN;
  for (let i = 0; i < vector.length; i++) {
    const value = vector[i] ?? 0;
    const size = Math.abs(value);
    if (size < 1) {
      // The product is exact: a float32 has 24 bits and 1e8 has 19.
      const scaled = (size * SCALE + 0.5) | 0;
      if (scaled === 0) {
        view.setUint16(at, ZERO_COMMA, true);
        at += 2;
        continue;
      }
      target[at] = MINUS;
      at += (bits[i] ?? 0) >>> 31;
      view.setUint16(at, ZERO_POINT, true);
      at = writeFraction(view, at + 2, scaled);
    } else at = writeLarge(target, view, at, value);
    target[at++] = COMMA;
  }
  if (vector.length === 0) at++;
  target[at - 1] = CLOSE;
  return at;
}

function writeLarge(target: Buffer, view: DataView, start: number, value: number): number {
  const size = Math.abs(value);
  if (!(size < MAX_SCALED)) return start + target.write(JSON.stringify(value), start, "latin1");
  const scaled = Math.round(size * SCALE);
  const whole = Math.floor(scaled / SCALE);
  const at = start + target.write(`${value < 0 ? "-" : ""}${whole}`, start, "latin1");
  const fraction = scaled - whole * SCALE;
  if (fraction === 0) return at;
  target[at] = POINT;
  return writeFraction(view, at + 1, fraction);
}

/** Eight decimals that are not all zero, without the zeros at their end. */
function writeFraction(view: DataView, start: number, fraction: number): number {
  const high = (fraction / 10_000) | 0;
  view.setUint32(start, FOUR_DIGITS[high] ?? 0, true);
  view.setUint32(start + 4, FOUR_DIGITS[fraction - high * 10_000] ?? 0, true);
  let end = start + DIGITS;
  while (view.getUint8(end - 1) === ZERO) end--;
  return end;
}
