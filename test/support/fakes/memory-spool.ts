import type { Spool } from "../../../src/ports/spool.ts";

export type MemorySpool = Spool & {
  /** Bytes by segment; what is here when a process ends is what the next one takes over. */
  segments: Map<string, Uint8Array>;
  syncs: number;
};

/** Segments in memory, one for each frame unless `framesPerSegment` says otherwise. */
export function createMemorySpool(
  left: ReadonlyMap<string, Uint8Array> = new Map(),
  { framesPerSegment = 1, maxFrames = Infinity, running = false } = {},
): MemorySpool {
  const segments = new Map<string, Uint8Array>();
  let frames = 0;
  let current = { name: "", frames: Infinity };
  const spool: MemorySpool = {
    segments,
    syncs: 0,
    append(frame) {
      if (frames >= maxFrames) return undefined;
      if (current.frames >= framesPerSegment) current = { name: `own-${frames}`, frames: 0 };
      frames++;
      current.frames++;
      const before = segments.get(current.name) ?? new Uint8Array();
      segments.set(current.name, Uint8Array.from([...before, ...frame]));
      return current.name;
    },
    remove(name) {
      segments.delete(name);
      if (current.name === name) current.frames = Infinity;
    },
    async *takeOver() {
      for (const [name, bytes] of left) {
        if (!running) segments.set(name, bytes);
        yield { name, bytes, isOurs: !running };
      }
    },
    sync() {
      spool.syncs++;
      return Promise.resolve();
    },
    close: () => Promise.resolve(),
  };
  return spool;
}
