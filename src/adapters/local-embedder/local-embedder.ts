import { availableParallelism } from "node:os";
import { extname } from "node:path";
import { Worker } from "node:worker_threads";
import { Fault } from "../../domain/faults.ts";
import type { EmbedAnswer, Embedder, EmbedInput } from "../../ports/embedder.ts";
import { SCRATCH_BYTES, type ThreadData } from "./engine.ts";
import { createHashingEmbedder, type HashingOptions } from "./hashing-embedder.ts";
import { openModel } from "./model-file.ts";
import { createWorkerPool, type WorkerPool } from "./worker-pool.ts";

/** What the main thread knows of a model. `stamp` changes whenever an engine's numbers do. */
export const MODELS = {
  "all-minilm-l6-v2": { stamp: "all-minilm-l6-v2-int8@1", dimensions: 384 },
  "use-multilingual-v3": { stamp: "use-multilingual-v3@1", dimensions: 512 },
} as const;
export type ModelName = keyof typeof MODELS;

type ModelOptions = {
  model: ModelName;
  /** The model file. */
  file: string;
  /** More than the model's own: zeros are appended, which keeps the cosine of any two vectors. */
  dimensions?: number;
  /** Threads; one for each processor but one by default. */
  workers?: number;
  maxTextsPerRequest?: number;
};

type LocalEmbedder = Embedder & AsyncDisposable;

/** More is cut before it is looked at: no model here reads more than 256 tokens. */
const MAX_CHARS = 2048;
/**
 * Of one request to a worker: what it computes in one go (256 tokens; of log lines 2.2 to 2.5 characters each by
 * `npm run bench -- models`), so that it stops soon and several workers have like shares.
 */
const CHUNK_TEXTS = 16;
const CHUNK_CHARS = 512;
const MAX_TOKENS_PER_TEXT = 8192;
const THREAD = new URL(`./embedding-thread${extname(import.meta.filename)}`, import.meta.url);

/** An embedder in this process: by a model, or by hashing, which compares wording, not meaning. */
export function createLocalEmbedder(options: HashingOptions | ModelOptions): LocalEmbedder {
  if ("file" in options) return createModelEmbedder(options);
  return { ...createHashingEmbedder(options), [Symbol.asyncDispose]: async () => {} };
}

/**
 * An embedder that computes a model in worker threads of this process. It opens the file and its threads on first use;
 * embedding throws a `configuration` Fault where the file or the machine is unfit. Dispose it to end the threads.
 */
function createModelEmbedder(options: ModelOptions): LocalEmbedder {
  const { model, maxTextsPerRequest = 100 } = options;
  const { stamp, dimensions: own } = MODELS[model];
  const { dimensions = own } = options;
  let opening: Promise<WorkerPool> | undefined;

  function pool(): Promise<WorkerPool> {
    opening ??= openPool(options).catch((error: unknown) => {
      // The file may be there at the next try.
      opening = undefined;
      throw error;
    });
    return opening;
  }

  async function embed(inputs: readonly EmbedInput[], signal: AbortSignal): Promise<EmbedAnswer> {
    if (signal.aborted) throw new Fault("outage", "local: stopped while waiting");
    const texts = inputs.map(({ text }) => headOf(text));
    const { compute } = await pool();
    const chunks = await Promise.all(
      chunksOf(texts.map(({ head }) => head)).map((chunk) => compute(chunk, signal)),
    );
    const vectors = chunks.flatMap(({ vectors: joined, isCut }) =>
      isCut.map((_, i) => padded(joined.subarray(i * own, (i + 1) * own), dimensions)),
    );
    const isCut = chunks.flatMap((chunk) => chunk.isCut);
    return {
      vectors,
      tokens: 0,
      truncated: texts.map((text, i) => text.isCut || isCut[i] === true),
    };
  }

  return {
    name: "local",
    model: stamp,
    dimensions,
    limits: {
      maxTextsPerRequest,
      maxTokensPerText: MAX_TOKENS_PER_TEXT,
      maxTokensPerRequest: maxTextsPerRequest * MAX_TOKENS_PER_TEXT,
    },
    pricePerMillionTokens: 0,
    embed,
    async [Symbol.asyncDispose]() {
      const opened = await opening?.catch(() => undefined);
      await opened?.[Symbol.asyncDispose]();
    },
  };
}

async function openPool({ model, file, workers = defaultWorkers() }: ModelOptions) {
  const { requireRelaxedSimd } = await import("./wasm/int8-step.ts");
  requireRelaxedSimd();
  const { header, memory, scratch } = await openModel(file, {
    name: model,
    workers,
    scratchBytes: SCRATCH_BYTES,
  });
  return createWorkerPool(workers, (number) => {
    const data: ThreadData = {
      model,
      memory,
      tensors: header.tensors,
      scratch: scratch + number * SCRATCH_BYTES,
    };
    // Without this process' environment, which holds secrets, and its flags.
    const options = { name: "embedding", workerData: data, env: {}, execArgv: [] };
    // Little in a thread is short-lived: more room for it would cost 14 MB each.
    return new Worker(THREAD, { ...options, resourceLimits: { maxYoungGenerationSizeMb: 2 } });
  });
}

/** A copy, with zeros up to the length. */
function padded(vector: Float32Array, length: number): Float32Array {
  const copy = new Float32Array(length);
  copy.set(vector);
  return copy;
}

function defaultWorkers(): number {
  return Math.max(1, availableParallelism() - 1);
}

function headOf(text: string): { head: string; isCut: boolean } {
  if (text.length <= MAX_CHARS) return { head: text, isCut: false };
  // Half a character would be left of a pair.
  const isPair = /[\ud800-\udbff]/.test(text.charAt(MAX_CHARS - 1));
  return { head: text.slice(0, isPair ? MAX_CHARS - 1 : MAX_CHARS), isCut: true };
}

function chunksOf(texts: readonly string[]): string[][] {
  const chunks: string[][] = [];
  let chars = Infinity;
  for (const text of texts) {
    const last = chunks.at(-1);
    chars += text.length;
    if (last && last.length < CHUNK_TEXTS && chars <= CHUNK_CHARS) last.push(text);
    else {
      chunks.push([text]);
      chars = text.length;
    }
  }
  return chunks;
}
