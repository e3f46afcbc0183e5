import { constants, gunzipSync, zstdDecompressSync } from "node:zlib";
import type { Connection, KafkaRecord, Reader, RecordsBatch } from "@platformatic/kafka";
import { isObject } from "../../domain/document.ts";
import { count } from "../../domain/count.ts";
import { CannotUnpack, lz4Length, snappyLength } from "./unpacked-length.ts";

type Library = Pick<
  typeof import("@platformatic/kafka"),
  "Connection" | "Reader" | "compressionsAlgorithms"
>;

/** A batch that was too large or could not be decompressed. `reason`: a sentence. */
export type UnreadRecords = { firstOffset: number; lastOffset: number; reason: string };

/** Limits for one batch. */
export type UnpackLimits = { batchBytes: number; batchRecords: number };

const MIB = 1024 * 1024;
/**
 * Producers usually close a batch at 16 KB to 1 MB before compression. For tiny records the record limit matters more.
 */
const UNPACK_LIMITS: UnpackLimits = { batchBytes: 32 * MIB, batchRecords: 200_000 };
/** Batches of one answer that may be unpacked in memory. */
const BATCHES_OF_ANSWER = 2;
/** A zstd frame with a larger window would allocate that much memory. */
const MAX_WINDOW_LOG = 25;

const FETCH = 1;

/** Offsets of header fields in a batch of version 2, which all compressed batches have. */
const HEADER = { crc: 17, lastOffsetDelta: 23, records: 57, bytes: 61 };

/**
 * Bounds the memory of compressed batches. The library has no option for it, so its table of codecs and its parser of
 * fetch answers are wrapped, once per copy of the library. A batch over the limits stays packed; one record at its last
 * offset, known to `unreadBatch`, replaces it.
 */
export function boundBatches(library: Library, limits: UnpackLimits = UNPACK_LIMITS): void {
  const { prototype } = library.Connection;
  if (bounded.has(prototype)) return;
  bounded.add(prototype);
  for (const [name, algorithm] of Object.entries(library.compressionsAlgorithms)) {
    if (!isCodec(name)) continue;
    const unpackAll = algorithm.decompressSync;
    const unpack = (packed: Parameters<typeof unpackAll>[0]) =>
      unpackWithin(Buffer.isBuffer(packed) ? packed : packed.buffer, { name, unpackAll, limits });
    Object.defineProperty(algorithm, "decompressSync", { value: unpack });
  }
  const { send } = prototype;
  const bound = function (this: Connection, ...args: Parameters<Connection["send"]>) {
    const [apiKey, version, payload, parse, ...rest] = args;
    const isFetch = apiKey === FETCH;
    const parser = isFetch ? boundParser(library, parse, limits) : parse;
    send.call(this, apiKey, version, payload, parser, ...rest);
  };
  Object.defineProperty(prototype, "send", { value: bound });
}

const bounded = new WeakSet<object>();

/** The batch that this record's value replaces; undefined for a producer's own value. */
export function unreadBatch(value: Buffer | null): UnreadRecords | undefined {
  return value === null ? undefined : unread.get(value);
}

const unread = new WeakMap<Buffer, UnreadRecords>();

type Codec = "gzip" | "snappy" | "lz4" | "zstd";

function isCodec(name: string): name is Codec {
  return name === "gzip" || name === "snappy" || name === "lz4" || name === "zstd";
}

/** One answer while it is parsed, which is synchronous. */
class Answer {
  readonly bytes: Buffer;
  /** By the position of their packed bytes in the answer. */
  readonly unpacked = new Map<number, Buffer>();
  readonly leftPacked = new Map<number, Left>();
  heldBytes = 0;
  heldRecords = 0;

  constructor(bytes: Buffer) {
    this.bytes = bytes;
  }
}

type Left = { crc: number; firstOffset: bigint; lastOffsetDelta: number; reason: string };

/** The answer has to be parsed again, without the batches that stay packed. */
class LeftPacked extends Error {}

let current: Answer | undefined;

type Parser = Parameters<Connection["send"]>[3];

function boundParser(library: Library, parse: Parser, limits: UnpackLimits): Parser {
  return (correlationId, apiKey, version, reader: Reader) => {
    // Copied into one piece, so that a batch's header is found before its packed bytes.
    const answer = new Answer(reader.buffer.slice(reader.position));
    const read = () => parse(correlationId, apiKey, version, library.Reader.from(answer.bytes));
    const before = current;
    current = answer;
    try {
      for (;;) {
        try {
          const response = read();
          markLeft(response, answer, limits);
          return response;
        } catch (error) {
          if (!(error instanceof LeftPacked)) throw error;
        }
      }
    } finally {
      current = before;
    }
  };
}

type Unpacking = {
  name: Codec;
  unpackAll(packed: Buffer): Buffer;
  limits: UnpackLimits;
};

const NOTHING = Buffer.alloc(0);

function unpackWithin(packed: Buffer, unpacking: Unpacking): Buffer {
  const { limits } = unpacking;
  const answer = current;
  const at = answer ? packed.byteOffset - answer.bytes.byteOffset : -1;
  const isInAnswer = answer && packed.buffer === answer.bytes.buffer && at >= HEADER.bytes;
  if (!isInAnswer) return unpackAtMost(packed, limits.batchBytes, unpacking);
  if (answer.leftPacked.has(at)) return NOTHING;
  const known = answer.unpacked.get(at);
  if (known) return known;
  const start = at - HEADER.bytes;
  const records = answer.bytes.readInt32BE(start + HEADER.records);
  try {
    const roomForRecords = limits.batchRecords * BATCHES_OF_ANSWER - answer.heldRecords;
    if (records > Math.min(limits.batchRecords, roomForRecords)) {
      throw new BatchTooLarge(`it holds ${count(records, "record")}`);
    }
    const roomForBytes = limits.batchBytes * BATCHES_OF_ANSWER - answer.heldBytes;
    const unpacked = unpackAtMost(packed, Math.min(limits.batchBytes, roomForBytes), unpacking);
    answer.unpacked.set(at, unpacked);
    answer.heldBytes += unpacked.length;
    answer.heldRecords += records;
    return unpacked;
  } catch (error) {
    answer.leftPacked.set(at, {
      crc: answer.bytes.readUInt32BE(start + HEADER.crc),
      firstOffset: answer.bytes.readBigInt64BE(start),
      lastOffsetDelta: answer.bytes.readInt32BE(start + HEADER.lastOffsetDelta),
      reason: `${count(packed.length, "byte")} of ${unpacking.name}: ${reasonOf(error)}`,
    });
    // The second parse then finds no records in it.
    answer.bytes.writeInt32BE(0, start + HEADER.records);
    throw new LeftPacked();
  }
}

class BatchTooLarge extends Error {}

function reasonOf(error: unknown): string {
  if (error instanceof BatchTooLarge || error instanceof CannotUnpack) return error.message;
  return `it cannot be unpacked (${error instanceof Error ? error.message : String(error)})`;
}

/** Throws where the result exceeds the limit, before or during unpacking. */
function unpackAtMost(packed: Buffer, maxBytes: number, { name, unpackAll }: Unpacking): Buffer {
  const tooLarge = () => new BatchTooLarge(`it unpacks to more than ${count(maxBytes, "byte")}`);
  switch (name) {
    case "gzip":
    case "zstd": {
      const params = { [constants.ZSTD_d_windowLogMax]: MAX_WINDOW_LOG };
      const maxOutputLength = Math.max(1, maxBytes);
      try {
        return name === "gzip"
          ? gunzipSync(packed, { maxOutputLength })
          : zstdDecompressSync(packed, { maxOutputLength, params });
      } catch (error) {
        const code = error instanceof Error && "code" in error ? error.code : undefined;
        throw code === "ERR_BUFFER_TOO_LARGE" ? tooLarge() : error;
      }
    }
    case "snappy":
      if (snappyLength(packed) > maxBytes) throw tooLarge();
      return unpackAll(packed);
    case "lz4":
      if (lz4Length(packed, maxBytes) > maxBytes) throw tooLarge();
      return unpackAll(packed);
  }
}

/** Inserts one record for each batch that stays packed. */
function markLeft(response: unknown, { leftPacked }: Answer, limits: UnpackLimits): void {
  if (leftPacked.size === 0 || !isFetched(response)) return;
  const left = [...leftPacked.values()];
  for (const { partitions } of response.responses) {
    for (const batch of partitions.flatMap(({ records }) => records ?? [])) {
      const its = left.find(
        (one) =>
          batch.records.length === 0 &&
          one.crc === batch.crc &&
          one.firstOffset === batch.firstOffset,
      );
      if (its) batch.records.push(recordFor(its, limits));
    }
  }
}

/** The part that all versions of the answer share. */
type Fetched = { responses: { partitions: { records?: RecordsBatch[] | null }[] }[] };

function isFetched(response: unknown): response is Fetched {
  return isObject(response) && Array.isArray(response["responses"]);
}

function recordFor(
  { firstOffset, lastOffsetDelta, reason }: Left,
  limits: UnpackLimits,
): KafkaRecord {
  const value = Buffer.alloc(0);
  unread.set(value, {
    firstOffset: Number(firstOffset),
    lastOffset: Number(firstOffset) + lastOffsetDelta,
    reason: `${reason}; at most ${count(limits.batchBytes / MIB, "MiB")} and ${count(limits.batchRecords, "record")} are taken in at once`,
  });
  return {
    length: 0,
    attributes: 0,
    timestampDelta: 0n,
    offsetDelta: lastOffsetDelta,
    key: NOTHING,
    value,
    headers: [],
  };
}
