import { maxVectorBytes, writeVector } from "./write-vector.ts";

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
