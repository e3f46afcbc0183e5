/** OpenSearch's own advice is 5 to 15 MB a request; AWS refuses more than 10 MB on small nodes. */
export const MAX_BULK_BYTES = 5_000_000;
const FIRST_BYTES = 1 << 20;

/** The lines of one bulk request in a buffer that is used again: megabytes of text a second would be garbage. */
export type BulkBody = {
  /** Adds whole lines; false, and nothing added, where they would make the body too long. The first always fit. */
  add(lines: string): boolean;
  /** Valid until the next `clear()`. */
  bytes(): Buffer;
  clear(): void;
};

export function createBulkBody(maxBytes = MAX_BULK_BYTES): BulkBody {
  let buffer = Buffer.allocUnsafe(Math.min(FIRST_BYTES, maxBytes));
  let used = 0;
  return {
    add(lines) {
      const needed = used + Buffer.byteLength(lines);
      if (used > 0 && needed > maxBytes) return false;
      if (needed > buffer.length) {
        const grown = Buffer.allocUnsafe(Math.max(needed, buffer.length * 2));
        buffer.copy(grown, 0, 0, used);
        buffer = grown;
      }
      used += buffer.write(lines, used);
      return true;
    },
    bytes: () => buffer.subarray(0, used),
    clear() {
      used = 0;
    },
  };
}
