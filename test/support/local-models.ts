import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { gunzipSync } from "node:zlib";
import { z } from "zod";
import { modelFile } from "../../scripts/models/model-folder.ts";
import {
  SCRATCH_BYTES,
  type Engine,
  type Workspace,
} from "../../src/adapters/local-embedder/engine.ts";
import type { ModelName } from "../../src/adapters/local-embedder/local-embedder.ts";
import { openModel } from "../../src/adapters/local-embedder/model-file.ts";

/** What a test of an engine reads of the model's file. */
export async function openWorkspace(model: ModelName): Promise<Workspace> {
  const opened = await openModel(modelFile(model), {
    name: model,
    workers: 1,
    scratchBytes: SCRATCH_BYTES,
  });
  const { header, memory, scratch } = opened;
  return {
    memory,
    scratch,
    tensor(name) {
      const tensor = header.tensors[name];
      if (!tensor) throw new Error(`no tensor ${name}`);
      return tensor;
    },
  };
}

const referenceSchema = z.object({
  texts: z.array(z.string()),
  vectors: z.base64(),
  tokens: z.array(z.tuple([z.string(), z.array(z.int())])),
});

/** What the reference implementation makes of texts (test/fixtures/models/make_reference.py): vectors in 127ths of their greatest value. */
export function readReference(model: ModelName) {
  const file = new URL(`../fixtures/models/${model}.json.gz`, import.meta.url);
  const content = JSON.parse(gunzipSync(readFileSync(file)).toString("utf8"));
  const { texts, vectors, tokens } = referenceSchema.parse(content);
  const bytes = Int8Array.from(Buffer.from(vectors, "base64"));
  const width = bytes.length / texts.length;
  return {
    tokens,
    texts: texts.map((text, i) => ({ text, vector: bytes.subarray(i * width, (i + 1) * width) })),
  };
}

export function cosine(a: ArrayLike<number>, b: ArrayLike<number>): number {
  let [product, squaresA, squaresB] = [0, 0, 0];
  for (let i = 0; i < a.length; i += 1) {
    const [x, y] = [a[i] ?? 0, b[i] ?? 0];
    product += x * y;
    squaresA += x * x;
    squaresB += y * y;
  }
  return product / Math.sqrt(squaresA * squaresB);
}

/** The vector of each text, computed alone. */
export function aloneVectors(engine: Engine, texts: readonly string[]): Float32Array[] {
  return texts.flatMap((text) => engine.embed([engine.tokenize(text).ids]));
}

/** Of the bits of all vectors. */
export function hashOf(vectors: readonly Float32Array[]): string {
  const hash = createHash("sha256");
  for (const vector of vectors) hash.update(vector);
  return hash.digest("hex");
}
