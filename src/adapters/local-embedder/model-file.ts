import { open, type FileHandle } from "node:fs/promises";
import { z } from "zod";
import { Fault } from "../../domain/faults.ts";

/** Raised with the layout of the file or of its tensors; an older file has to be made again. */
const FORMAT = 1;
const MAGIC = Buffer.from("LVMODEL1", "latin1");
/** Tensors begin at multiples of this, for aligned vectors of any width. */
const ALIGNMENT = 64;
const MAX_HEADER_BYTES = 1 << 20;
const PAGE_BYTES = 1 << 16;

const tensorSchema = z.object({ offset: z.int().min(0), bytes: z.int().min(0) });
const headerSchema = z.object({
  format: z.literal(FORMAT),
  name: z.string(),
  /** Of the published model: where it came from and its checksum. */
  source: z.string(),
  licence: z.string(),
  dimensions: z.int().min(1),
  /** Of all tensors. */
  bytes: z.int().min(1),
  tensors: z.record(z.string(), tensorSchema),
});
export type ModelHeader = z.infer<typeof headerSchema>;

/** A model in memory, with room for what its workers compute; both can be sent to a thread without a copy. */
export type OpenModel = { header: ModelHeader; memory: WebAssembly.Memory; scratch: number };

/**
 * Reads the file of the model `name` into a shared memory: its tensors at their offsets, then from `scratch` on `workers`
 * times `scratchBytes`. Throws a Fault: `configuration` where there is no such file, or none of this format and model.
 */
export async function openModel(
  path: string,
  { name, workers, scratchBytes }: { name: string; workers: number; scratchBytes: number },
): Promise<OpenModel> {
  const model: Place = { path, name };
  await using file = await open(path, "r").catch((cause: unknown) => {
    const isMissing = cause instanceof Error && "code" in cause && cause.code === "ENOENT";
    throw unusable(model, isMissing ? "is not there" : "cannot be opened", cause);
  });
  const { header, start } = await readHeader(file, model);
  if (header.name !== name) throw unusable(model, `holds ${header.name}, not ${name}`);
  const { size } = await file.stat();
  if (size < start + header.bytes) throw unusable(model, "ends too early");
  const scratch = roundUp(header.bytes, PAGE_BYTES);
  const pages = Math.ceil((scratch + workers * scratchBytes) / PAGE_BYTES);
  const memory = new WebAssembly.Memory({ initial: pages, maximum: pages, shared: true });
  await readAt(file, new Uint8Array(memory.buffer, 0, header.bytes), start, model);
  return { header, memory, scratch };
}

type Place = { path: string; name: string };

async function readHeader(file: FileHandle, model: Place) {
  const prefix = Buffer.alloc(MAGIC.length + 4);
  await readAt(file, prefix, 0, model);
  const bytes = prefix.readUInt32LE(MAGIC.length);
  if (!prefix.subarray(0, MAGIC.length).equals(MAGIC) || bytes > MAX_HEADER_BYTES) {
    throw unusable(model, "is not a model file");
  }
  const text = Buffer.alloc(bytes);
  await readAt(file, text, prefix.length, model);
  try {
    const header = headerSchema.parse(JSON.parse(text.toString("utf8")));
    return { header, start: roundUp(prefix.length + bytes, ALIGNMENT) };
  } catch (cause) {
    throw unusable(model, "was made for another version of this program", cause);
  }
}

async function readAt(file: FileHandle, into: Uint8Array, start: number, model: Place) {
  let done = 0;
  while (done < into.length) {
    const { bytesRead } = await file.read(into, done, into.length - done, start + done);
    if (bytesRead === 0) throw unusable(model, "ends too early");
    done += bytesRead;
  }
}

function unusable({ path, name }: Place, what: string, cause?: unknown): Fault {
  return new Fault("configuration", `local: the model file ${path} ${what}`, {
    hint: `Install it: log-vectorizer model install ${name}. Or set EMBEDDING_MODEL=hashing, which needs no file.`,
    cause,
  });
}

/** Whether it begins like a model file. */
export function isModelFile(content: Buffer): boolean {
  return content.subarray(0, MAGIC.length).equals(MAGIC);
}

export type Tensor = Uint8Array | Float32Array | Int32Array | Uint16Array | Uint32Array;

/** The parts of a model file, in their order. */
export function modelFileOf(
  about: Pick<ModelHeader, "name" | "source" | "licence" | "dimensions">,
  tensors: Readonly<Record<string, Tensor>>,
): Uint8Array[] {
  const places: ModelHeader["tensors"] = {};
  const parts: Uint8Array[] = [];
  let bytes = 0;
  for (const [name, { buffer, byteOffset, byteLength }] of Object.entries(tensors)) {
    places[name] = { offset: bytes, bytes: byteLength };
    const gap = roundUp(byteLength, ALIGNMENT) - byteLength;
    parts.push(new Uint8Array(buffer, byteOffset, byteLength), new Uint8Array(gap));
    bytes += byteLength + gap;
  }
  const header: ModelHeader = { format: FORMAT, ...about, bytes, tensors: places };
  const text = Buffer.from(JSON.stringify(header), "utf8");
  const prefix = Buffer.alloc(roundUp(MAGIC.length + 4 + text.length, ALIGNMENT));
  MAGIC.copy(prefix);
  prefix.writeUInt32LE(text.length, MAGIC.length);
  text.copy(prefix, MAGIC.length + 4);
  return [prefix, ...parts];
}

function roundUp(value: number, step: number): number {
  return Math.ceil(value / step) * step;
}
