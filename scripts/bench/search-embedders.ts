import { join } from "node:path";
import { availableParallelism } from "node:os";
import { createLocalEmbedder } from "../../src/adapters/local-embedder/local-embedder.ts";
import { openService } from "../../src/app/service.ts";
import type { Embedder } from "../../src/ports/embedder.ts";
import { MODEL_NAMES } from "../../src/adapters/local-embedder/convert/published-models.ts";
import { modelFile, skipWithout } from "../models/model-folder.ts";
import { DIMENSIONS, type Bench, type Row } from "./bench.ts";
import { configOf, quietLogger } from "./search-service.ts";

const AT_ONCE = 100;

/** Hashing, the models whose files are here, and the embedder that the environment sets up. */
export async function embeddersAtHand(
  stack: AsyncDisposableStack,
  bench: Bench,
): Promise<{ embedders: Embedder[]; skipped: Row[] }> {
  const embedders: Embedder[] = [createLocalEmbedder({ dimensions: DIMENSIONS })];
  const skipped: Row[] = [];
  for (const model of MODEL_NAMES) {
    const reason = skipWithout(model);
    if (reason !== false) {
      skipped.push({ what: model, value: `skipped: ${reason}` });
      continue;
    }
    const options = { model, file: modelFile(model), workers: availableParallelism() };
    embedders.push(stack.use(createLocalEmbedder(options)));
  }
  const env = { ...process.env, STATE_DIR: join(bench.folder, "state") };
  const own = configOf(env, false);
  if (own.embedding && own.embedding.provider !== "local") {
    embedders.push(await stack.use(openService(own, quietLogger())).embedder());
  }
  return { embedders, skipped };
}

/** Of length 1. */
export async function embedAll(
  embedder: Embedder,
  texts: readonly string[],
  signal: AbortSignal,
): Promise<Float32Array[]> {
  const all: Float32Array[] = [];
  for (let start = 0; start < texts.length; start += AT_ONCE) {
    const inputs = texts.slice(start, start + AT_ONCE).map((text, i) => ({ text, logId: `${i}` }));
    const { vectors } = await embedder.embed(inputs, signal);
    all.push(...vectors.map((vector) => unit(vector, embedder.dimensions)));
  }
  return all;
}

function unit(vector: Float32Array | null, dimensions: number): Float32Array {
  if (!vector) return new Float32Array(dimensions);
  const length = Math.sqrt(dot(vector, vector)) || 1;
  return vector.map((value) => value / length);
}

export function dot(a: Float32Array, b: Float32Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += (a[i] ?? 0) * (b[i] ?? 0);
  return sum;
}
