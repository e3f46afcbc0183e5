import { randomUUID } from "node:crypto";
import {
  lstat,
  mkdir,
  open,
  readdir,
  readFile,
  rename,
  rm,
  type FileHandle,
} from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import type { ProcessTable } from "../../ports/process-table.ts";
import type { Segment, Spool } from "../../ports/spool.ts";

type SpoolOptions = {
  folder: string;
  /** Only segments of the same label are taken over. Letters and digits. */
  label: string;
  processes: ProcessTable;
  /** Called once, until a frame is written again. */
  onUnwritable: (problem: string) => void;
  /** Bytes of all segments of this process. */
  maxBytes: number;
  /** An older segment that no running process owns is deleted unread. */
  maxAgeMs: number;
  /** A segment that is as long as this gets no further frame. */
  segmentBytes?: number;
};

const SEGMENT_BYTES = 4 * 1024 * 1024;
const SUFFIX = ".spool";

type Open = { name: string; bytes: number; isRemoved: boolean; handle?: FileHandle };

/**
 * One file per segment. The name of a file says which process owns it, so that a rename changes the owner: of several
 * processes that try to take over a segment only one succeeds. Nothing here is locked.
 */
export function createSpool(options: SpoolOptions): Spool {
  const { folder, label, processes, onUnwritable, maxBytes, maxAgeMs } = options;
  const { segmentBytes = SEGMENT_BYTES } = options;
  const self = encodeOwner(processes.self());
  const own = new Map<string, Open>();
  let current: Open | undefined;
  let isReported = false;
  // Writes run in order, and nobody waits for them but `sync`.
  let last: Promise<void> = Promise.resolve();
  const inOrder = (work: () => Promise<void>) => {
    last = last.then(work).catch(() => undefined);
    return last;
  };
  const usedBytes = () => own.values().reduce((sum, { bytes }) => sum + bytes, 0);
  const newSegment = (bytes = 0): Open => {
    const segment = { name: `${label}.${self}.${randomUUID()}${SUFFIX}`, bytes, isRemoved: false };
    own.set(segment.name, segment);
    return segment;
  };
  const write = async (segment: Open, frame: Uint8Array) => {
    if (segment.isRemoved) return;
    try {
      if (!segment.handle) {
        await mkdir(folder, { recursive: true, mode: 0o700 });
        segment.handle = await open(join(folder, segment.name), "ax", 0o600);
      }
      await segment.handle.writeFile(frame);
      isReported = false;
    } catch (error) {
      // What comes behind half a frame could not be read.
      if (current === segment) current = undefined;
      if (!isReported) onUnwritable(error instanceof Error ? error.message : String(error));
      isReported = true;
    }
  };
  const closeFile = async (segment: Open) => {
    await segment.handle?.close().catch(() => undefined);
    delete segment.handle;
  };
  return {
    append(frame) {
      if (usedBytes() + frame.length > maxBytes) return undefined;
      if (!current || current.bytes >= segmentBytes) current = newSegment();
      const segment = current;
      segment.bytes += frame.length;
      void inOrder(() => write(segment, frame));
      return segment.name;
    },
    remove(name) {
      const segment = own.get(name);
      if (!segment) return;
      own.delete(name);
      segment.isRemoved = true;
      if (current === segment) current = undefined;
      void inOrder(async () => {
        await closeFile(segment);
        await rm(join(folder, name), { force: true });
      });
    },
    async *takeOver() {
      for (const file of await segmentsIn(folder)) {
        const owner = ownerOf(file.name);
        const isRunning = owner !== undefined && processes.livenessOf(owner) === "running";
        if (own.has(file.name)) continue;
        if (!isRunning && Date.now() - file.mtimeMs > maxAgeMs) {
          await rm(join(folder, file.name), { force: true }).catch(() => undefined);
          continue;
        }
        if (!file.name.startsWith(`${label}.`)) continue;
        if (file.size > maxBytes || (!isRunning && usedBytes() + file.size > maxBytes)) continue;
        const name = isRunning ? file.name : await takeFile(file, newSegment(file.size));
        const bytes = name && (await readFile(join(folder, name)).catch(() => undefined));
        if (name && bytes) yield { name, bytes, isOurs: !isRunning };
      }
    },
    sync: () =>
      inOrder(async () => {
        for (const { handle } of own.values()) await handle?.datasync();
      }),
    close: () =>
      inOrder(async () => {
        for (const segment of own.values()) await closeFile(segment);
      }),
  };

  /** Undefined where another process was first. */
  async function takeFile(file: { name: string }, segment: Open): Promise<string | undefined> {
    try {
      await rename(join(folder, file.name), join(folder, segment.name));
      return segment.name;
    } catch {
      own.delete(segment.name);
      return undefined;
    }
  }
}

/** The segments of all processes, of whatever label; nothing changes. What is longer than `maxBytes` is none. */
export async function* readSegments(folder: string, maxBytes: number): AsyncIterable<Segment> {
  for (const { name, size } of await segmentsIn(folder)) {
    if (size > maxBytes) continue;
    const bytes = await readFile(join(folder, name)).catch(() => undefined);
    if (bytes) yield { name, bytes };
  }
}

/** Oldest first. */
async function segmentsIn(folder: string) {
  const names = await readdir(folder).catch(() => []);
  const found = names
    .filter((name) => name.endsWith(SUFFIX))
    .map(async (name) => {
      const stat = await lstat(join(folder, name)).catch(() => undefined);
      return stat?.isFile() ? [{ name, size: stat.size, mtimeMs: stat.mtimeMs }] : [];
    });
  return (await Promise.all(found)).flat().toSorted((a, b) => a.mtimeMs - b.mtimeMs);
}

const ownerShape = z.object({
  pid: z.number(),
  host: z.string(),
  namespace: z.string().nullable(),
  start: z.string().nullable(),
});

function encodeOwner(owner: z.infer<typeof ownerShape>): string {
  const { pid, host, namespace, start } = owner;
  return Buffer.from(JSON.stringify({ pid, host, namespace, start })).toString("base64url");
}

/** Undefined where the name is none of ours. */
function ownerOf(name: string): z.infer<typeof ownerShape> | undefined {
  const [, encoded = ""] = name.split(".");
  try {
    return ownerShape.parse(JSON.parse(Buffer.from(encoded, "base64url").toString("utf8")));
  } catch {
    return undefined;
  }
}
