import type { ModelName } from "./local-embedder.ts";
import type { ModelHeader } from "./model-file.ts";

/** What a thread is started with. */
export type ThreadData = {
  model: ModelName;
  memory: WebAssembly.Memory;
  tensors: ModelHeader["tensors"];
  scratch: number;
};

/** Of each thread, beyond the model; what an engine does not touch of it costs nothing. */
export const SCRATCH_BYTES = 16 << 20;

/** `isCut`: the text has more than the model reads. */
export type Tokens = { ids: number[]; isCut: boolean };

/** A model at work in one thread. */
export type Engine = {
  tokenize(text: string): Tokens;
  /** As many tokens a call of `embed` takes, all texts together; one text never has more. */
  maxTokens: number;
  /** A unit vector for each text. Which texts are beside it changes nothing in a text's vector. */
  embed(texts: readonly (readonly number[])[]): Float32Array<ArrayBuffer>[];
};

/** A model's tensors in memory, and from `scratch` on a room that only this engine uses; all in bytes. */
export type Workspace = {
  memory: WebAssembly.Memory;
  tensor(name: string): { offset: number; bytes: number };
  scratch: number;
};

/** A copy: text decoders take no shared memory. */
export function textOf({ memory, tensor }: Workspace, name: string): string {
  const { offset, bytes } = tensor(name);
  return Buffer.from(new Uint8Array(memory.buffer, offset, bytes)).toString("utf8");
}

/** Divides by the length, in place. */
export function toUnit(vector: Float32Array): void {
  let squares = 0;
  for (const value of vector) squares += value * value;
  const length = Math.sqrt(squares) || 1;
  for (let i = 0; i < vector.length; i += 1) vector[i] = (vector[i] ?? 0) / length;
}

/** Places for buffers of these sizes in the scratch from `start` on. */
export function placesFrom<Name extends string>(
  start: number,
  sizes: Readonly<Record<Name, number>>,
): Record<Name, number> {
  let at = start;
  const places: Partial<Record<Name, number>> = {};
  for (const name in sizes) {
    places[name] = at;
    at += sizes[name];
  }
  if (at > start + SCRATCH_BYTES) throw new Error("The scratch is too small");
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- every name of `sizes` was given a place
  return places as Record<Name, number>;
}
