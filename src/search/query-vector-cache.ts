import { z } from "zod";
import { digest } from "../pipeline/signer.ts";
import { vectorProblem } from "../domain/vector.ts";
import type { Embedder } from "../ports/embedder.ts";
import type { StoredVector } from "../ports/vector-index.ts";
import type { StateStore } from "../ports/state-store.ts";

/** Vectors of search texts, which are stored in no document, so that the next process does not pay for them again. */
export type QueryVectorCache = {
  find(text: string): Promise<StoredVector | undefined>;
  keep(text: string, found: StoredVector): Promise<void>;
};

/** 8 KB each at 1536 dimensions. */
const MAX_KEPT = 50;
const DOCUMENT = "searches";

/** Hash of text, model and dimensions; float32 as base64; truncated. Latest last. */
const shape = z.array(z.tuple([z.string(), z.base64(), z.boolean()]));
type Kept = z.infer<typeof shape>;

/** Stored in the state directory under a hash of the text, never with the text. */
export function createQueryVectorCache(
  state: Pick<StateStore, "load" | "change">,
  { model, dimensions }: Pick<Embedder, "model" | "dimensions">,
): QueryVectorCache {
  const nameOf = (text: string) => digest(`${model}\n${dimensions}\n${text}`);
  return {
    async find(text) {
      const name = nameOf(text);
      const entry = read(await state.load(DOCUMENT)).find(([kept]) => kept === name);
      const vector = entry && fromBase64(entry[1]);
      if (!vector || vectorProblem(vector, dimensions)) return undefined;
      return { vector, truncated: entry[2] };
    },
    async keep(text, { vector, truncated }) {
      const name = nameOf(text);
      await state.change(DOCUMENT, (current): Kept => {
        const others = read(current).filter(([kept]) => kept !== name);
        return [...others.slice(1 - MAX_KEPT), [name, toBase64(vector), truncated]];
      });
    },
  };
}

function read(document: unknown): Kept {
  return shape.safeParse(document).data ?? [];
}

function toBase64(vector: Float32Array): string {
  return Buffer.from(vector.buffer, vector.byteOffset, vector.byteLength).toString("base64");
}

/** Undefined where the length is no multiple of four bytes. */
function fromBase64(text: string): Float32Array | undefined {
  const bytes = Buffer.from(text, "base64");
  if (bytes.length % Float32Array.BYTES_PER_ELEMENT !== 0) return undefined;
  // Copied, because a small Buffer may start unaligned in a shared pool.
  return new Float32Array(Uint8Array.from(bytes).buffer);
}
