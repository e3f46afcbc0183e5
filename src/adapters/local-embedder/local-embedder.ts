import { setImmediate } from "node:timers/promises";
import { Fault } from "../../domain/faults.ts";
import type { EmbedAnswer, Embedder, EmbedInput } from "../../ports/embedder.ts";
import { hashedVector } from "./hashed-vector.ts";

/** Yields after this, so that health checks, signals and answers are handled. */
const MAX_BUSY_MS = 10;
const MAX_TOKENS_PER_TEXT = 8192;

export type LocalOptions = { dimensions: number; maxTextsPerRequest?: number };

/** An embedder in this process that compares wording, not meaning. */
export function createLocalEmbedder(options: LocalOptions): Embedder {
  const { dimensions, maxTextsPerRequest = 1000 } = options;

  async function embed(inputs: readonly EmbedInput[], signal: AbortSignal): Promise<EmbedAnswer> {
    const vectors: Float32Array[] = [];
    let busySince = performance.now();
    for (const { text } of inputs) {
      if (performance.now() - busySince > MAX_BUSY_MS) {
        await setImmediate();
        busySince = performance.now();
      }
      if (signal.aborted) throw new Fault("outage", "local: stopped while waiting");
      vectors.push(hashedVector(text, dimensions));
    }
    return { vectors, tokens: 0 };
  }

  return {
    name: "local",
    model: "local-hashing-v1",
    dimensions,
    limits: {
      maxTextsPerRequest,
      maxTokensPerText: MAX_TOKENS_PER_TEXT,
      maxTokensPerRequest: maxTextsPerRequest * MAX_TOKENS_PER_TEXT,
    },
    pricePerMillionTokens: 0,
    embed,
  };
}
