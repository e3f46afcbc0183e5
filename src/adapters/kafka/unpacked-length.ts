/** The message is safe to show: it contains nothing of the batch. */
export class CannotUnpack extends Error {
  constructor(message: string) {
    super(message);
    this.name = "CannotUnpack";
  }
}

/** Xerial's snappy framing, as Java clients write it: a magic, two versions, then chunks with lengths. */
const XERIAL = Buffer.from([0x82, 0x53, 0x4e, 0x41, 0x50, 0x50, 0x59, 0x00]);
const XERIAL_HEADER_BYTES = 16;

/**
 * The unpacked length, from the lengths before each chunk
 * (https://github.com/google/snappy/blob/main/format_description.txt). Throws CannotUnpack.
 */
export function snappyLength(packed: Buffer): number {
  if (!packed.subarray(0, XERIAL.length).equals(XERIAL)) return rawSnappyLength(packed);
  let length = 0;
  for (let at = XERIAL_HEADER_BYTES; at < packed.length;) {
    const size = read(packed, at, 4).readUInt32BE();
    length += rawSnappyLength(read(packed, at + 4, size));
    at += 4 + size;
  }
  return length;
}

function rawSnappyLength(packed: Buffer): number {
  let length = 0;
  for (let at = 0; at < 5; at++) {
    const byte = packed[at];
    if (byte === undefined) break;
    length += (byte & 0x7f) * 2 ** (7 * at);
    if (byte < 0x80) return length;
  }
  throw new CannotUnpack("snappy data without its length");
}

const LZ4_MAGIC = 0x184d2204;
const SKIPPABLE = 0x184d2a5;
const UNCOMPRESSED = 0x8000_0000;

/**
 * An upper bound of the unpacked length (https://github.com/lz4/lz4/blob/dev/doc/lz4_Frame_format.md); counting stops
 * above `enough`. Throws CannotUnpack.
 */
export function lz4Length(packed: Buffer, enough: number): number {
  let length = 0;
  let at = 0;
  while (at < packed.length && length <= enough) {
    const magic = read(packed, at, 4).readUInt32LE();
    if (magic >>> 4 === SKIPPABLE) {
      at += 8 + read(packed, at + 4, 4).readUInt32LE();
      continue;
    }
    if (magic !== LZ4_MAGIC) throw new CannotUnpack("no lz4 frame");
    const [flags = 0] = read(packed, at + 4, 1);
    const hasBlockSums = (flags & 0x10) !== 0;
    at += 7 + ((flags & 0x08) === 0 ? 0 : 8) + ((flags & 0x01) === 0 ? 0 : 4);
    for (;;) {
      const header = read(packed, at, 4).readUInt32LE();
      at += 4;
      if (header === 0) break;
      const size = header % UNCOMPRESSED;
      const block = read(packed, at, size);
      length += header >= UNCOMPRESSED ? size : blockLength(block, enough - length);
      if (length > enough) return length;
      at += size + (hasBlockSums ? 4 : 0);
    }
    at += (flags & 0x04) === 0 ? 0 : 4;
  }
  return length;
}

/** The sum of a block's literals and matches (https://github.com/lz4/lz4/blob/dev/doc/lz4_Block_format.md). */
function blockLength(block: Buffer, enough: number): number {
  let length = 0;
  let at = 0;
  /** A length of 15 continues in bytes until one is not 255. */
  const rest = () => {
    let sum = 0;
    for (;;) {
      const byte = block[at++];
      if (byte === undefined) throw new CannotUnpack("an lz4 block that ends too early");
      sum += byte;
      if (byte !== 255) return sum;
    }
  };
  while (at < block.length && length <= enough) {
    const token = block[at++] ?? 0;
    const literals = token >>> 4 === 15 ? 15 + rest() : token >>> 4;
    length += literals;
    at += literals;
    // The last sequence has literals only.
    if (at >= block.length) break;
    at += 2;
    length += 4 + ((token & 15) === 15 ? 15 + rest() : token & 15);
  }
  return length;
}

function read(bytes: Buffer, at: number, length: number): Buffer {
  if (at + length > bytes.length) throw new CannotUnpack("compressed data that ends too early");
  return bytes.subarray(at, at + length);
}
