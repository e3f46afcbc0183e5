import { z } from "zod";
import { vectorProblem } from "../domain/vector.ts";
import type { Clock } from "../ports/clock.ts";
import type { Embedder } from "../ports/embedder.ts";
import type { Events } from "../ports/events.ts";
import type { Segment, Spool } from "../ports/spool.ts";
import type { StoredVector } from "../ports/vector-index.ts";
import { digest, float32Bytes, float32In, type Signer } from "./signer.ts";
import { HOLD_MS, type VectorCache } from "./vector-cache.ts";

/** Keeps vectors that are paid for on disk until a record has them, for this process and the next one. */
export type HeldVectors = {
  /** What one request was paid for, by text hash. */
  hold(answers: ReadonlyMap<string, StoredVector>): void;
  /** A record has the vector of this text, or none is to get it. */
  release(textHash: string): void;
  /**
   * Takes over what processes that have ended have left; their vectors are in the cache then. Only for a process that
   * writes to records. Once per process; further calls wait for the first.
   */
  takeOver(): Promise<void>;
  /** No record is pending: what was taken over and is still here had been written before its process ended. */
  nothingPending(): void;
  /** Forgets what is too old, and resolves once the rest is on the disk itself. */
  sync(): Promise<void>;
  /** Vectors that no record has yet. */
  count(): number;
};

type HeldDeps = {
  /** Undefined: vectors are held in memory only. */
  spool: Spool | undefined;
  cache: Pick<VectorCache, "hold">;
  signer: Pick<Signer, "seal">;
  embedder: Pick<Embedder, "model" | "dimensions" | "pricePerMillionTokens">;
  clock: Pick<Clock, "now">;
  events: Pick<Events, "heldVectorsFound">;
};

/** `open`: how many of its vectors no record has yet. */
type Frame = { segment: string; at: number; open: number };

export function createHeldVectors(deps: HeldDeps): HeldVectors {
  const { spool, cache, signer, embedder, clock, events } = deps;
  const { model, dimensions, pricePerMillionTokens: price } = embedder;
  const frames = new Map<string, Frame>();
  /** Frames with vectors that no record has yet, by segment. */
  const segments = new Map<string, number>();
  let takingOver: Promise<void> | undefined;
  /** Texts whose vectors an ended process left. */
  const takenOver = new Set<string>();

  const add = (segment: string, at: number, hashes: readonly string[]) => {
    const frame = { segment, at, open: hashes.length };
    segments.set(segment, (segments.get(segment) ?? 0) + 1);
    for (const hash of hashes) {
      release(hash);
      frames.set(hash, frame);
    }
  };
  const release = (hash: string) => {
    const frame = frames.get(hash);
    if (!frame) return;
    frames.delete(hash);
    takenOver.delete(hash);
    frame.open--;
    if (frame.open > 0) return;
    const left = (segments.get(frame.segment) ?? 1) - 1;
    segments.set(frame.segment, left);
    if (left > 0) return;
    segments.delete(frame.segment);
    spool?.remove(frame.segment);
  };
  const isUsable = ({ header, vectors }: HeldFrame) =>
    header.model === model &&
    header.dimensions === dimensions &&
    Math.abs(clock.now() - header.at) <= HOLD_MS &&
    vectors.every((vector) => vectorProblem(vector, dimensions) === undefined);
  const takeSegment = ({ name, bytes }: Segment, isOurs: boolean) => {
    const { frames: read, damagedBytes } = readFrames(bytes, signer);
    let count = 0;
    for (const frame of read.filter(isUsable)) {
      const { texts, at } = frame.header;
      texts.forEach(([hash, truncated], i) => {
        const vector = frame.vectors[i];
        if (vector) cache.hold(hash, { vector, truncated });
      });
      if (!isOurs) continue;
      count += texts.length;
      add(
        name,
        at,
        texts.map(([hash]) => hash),
      );
      for (const [hash] of texts) takenOver.add(hash);
    }
    if (isOurs && count === 0) spool?.remove(name);
    return { count, damagedBytes: isOurs ? damagedBytes : 0 };
  };

  return {
    hold(answers) {
      // What costs nothing is as quickly made again as read.
      if (!spool || price === 0 || answers.size === 0) return;
      const at = clock.now();
      const segment = spool.append(encodeFrame({ model, dimensions, at }, answers, signer));
      if (segment !== undefined) add(segment, at, [...answers.keys()]);
    },
    release,
    takeOver() {
      takingOver ??= (async () => {
        const sum = { vectors: 0, damagedBytes: 0 };
        for await (const { isOurs, ...segment } of spool?.takeOver() ?? []) {
          const { count, damagedBytes } = takeSegment(segment, isOurs);
          sum.vectors += count;
          sum.damagedBytes += damagedBytes;
        }
        if (sum.vectors + sum.damagedBytes > 0) events.heldVectorsFound(sum);
      })();
      return takingOver;
    },
    nothingPending() {
      for (const hash of takenOver) release(hash);
    },
    async sync() {
      for (const [hash, { at }] of frames) if (clock.now() - at > HOLD_MS) release(hash);
      await spool?.sync();
    },
    count: () => frames.size,
  };
}

/** What a spool is labelled with: vectors of another model, length or key are left to those who can use them. */
export function heldVectorsLabel(
  { model, dimensions }: Pick<Embedder, "model" | "dimensions">,
  { key }: Pick<Signer, "key">,
): string {
  return digest(`${key}\n${dimensions} ${model}`).slice(0, 16);
}

/** How many vectors the segments of all processes hold, as they say themselves. */
export async function countHeldVectors(segments: AsyncIterable<Segment>): Promise<number> {
  let count = 0;
  for await (const { bytes } of segments) {
    for (const { header } of readFrames(bytes).frames) count += header.texts.length;
  }
  return count;
}

/*
 * A frame: "LVH1", the number of bytes of the payload, the payload, and its seal. The payload: the number of bytes of the
 * header, the header as JSON, and the vectors of its texts one after the other. Numbers are 32 bits, little-endian.
 */
const MAGIC = Buffer.from("LVH1");
const NUMBER_BYTES = 4;
const SEAL_BYTES = 32;

const headerShape = z.object({
  model: z.string(),
  dimensions: z.int().positive(),
  /** When they were paid for, in milliseconds since the epoch. */
  at: z.number(),
  texts: z.array(z.tuple([z.string(), z.boolean()])).readonly(),
});
type Header = z.infer<typeof headerShape>;
type HeldFrame = { header: Header; vectors: Float32Array[] };

function encodeFrame(
  about: Omit<Header, "texts">,
  answers: ReadonlyMap<string, StoredVector>,
  signer: HeldDeps["signer"],
): Uint8Array {
  const texts = [...answers].map(([hash, { truncated }]) => [hash, truncated]);
  const header = Buffer.from(JSON.stringify({ ...about, texts }));
  const vectorBytes = about.dimensions * Float32Array.BYTES_PER_ELEMENT;
  const payloadBytes = NUMBER_BYTES + header.length + answers.size * vectorBytes;
  const start = MAGIC.length + NUMBER_BYTES;
  const frame = Buffer.allocUnsafe(start + payloadBytes + SEAL_BYTES);
  frame.set(MAGIC);
  frame.writeUInt32LE(payloadBytes, MAGIC.length);
  frame.writeUInt32LE(header.length, start);
  frame.set(header, start + NUMBER_BYTES);
  let at = start + NUMBER_BYTES + header.length;
  for (const { vector } of answers.values()) {
    frame.set(float32Bytes(vector), at);
    at += vectorBytes;
  }
  frame.set(signer.seal(frame.subarray(start, at)), at);
  return frame;
}

/** The whole frames before the first one that is damaged, cut off or (where a signer is given) not signed by this key. */
function readFrames(
  segment: Uint8Array,
  signer?: HeldDeps["signer"],
): { frames: HeldFrame[]; damagedBytes: number } {
  const bytes = Buffer.from(segment.buffer, segment.byteOffset, segment.byteLength);
  const frames: HeldFrame[] = [];
  let at = 0;
  for (let start = MAGIC.length + NUMBER_BYTES; at + start + SEAL_BYTES <= bytes.length;) {
    if (!bytes.subarray(at, at + MAGIC.length).equals(MAGIC)) break;
    const from = at + start;
    const to = from + bytes.readUInt32LE(at + MAGIC.length);
    if (to + SEAL_BYTES > bytes.length) break;
    const payload = bytes.subarray(from, to);
    const isSealed = !signer || signer.seal(payload).equals(bytes.subarray(to, to + SEAL_BYTES));
    const frame = isSealed ? readPayload(payload) : undefined;
    if (!frame) break;
    frames.push(frame);
    at = to + SEAL_BYTES;
  }
  return { frames, damagedBytes: bytes.length - at };
}

function readPayload(payload: Buffer): HeldFrame | undefined {
  if (payload.length < NUMBER_BYTES) return undefined;
  const headerEnd = NUMBER_BYTES + payload.readUInt32LE(0);
  const { data: header } = headerShape.safeParse(jsonIn(payload.subarray(NUMBER_BYTES, headerEnd)));
  if (!header) return undefined;
  const { dimensions, texts } = header;
  const vectorBytes = dimensions * Float32Array.BYTES_PER_ELEMENT;
  if (payload.length !== headerEnd + texts.length * vectorBytes) return undefined;
  const vectors = texts.map((_, i) => {
    const from = headerEnd + i * vectorBytes;
    return float32In(payload.subarray(from, from + vectorBytes));
  });
  return { header, vectors };
}

function jsonIn(bytes: Buffer): unknown {
  try {
    return JSON.parse(bytes.toString("utf8"));
  } catch {
    return undefined;
  }
}
