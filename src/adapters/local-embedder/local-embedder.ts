import { setImmediate } from "node:timers/promises";
import { Fault } from "../../domain/faults.ts";
import type { EmbedAnswer, Embedder, EmbedInput } from "../../ports/embedder.ts";
import { hashedVector } from "./hashed-vector.ts";

/** After so much work, others get a turn: health checks, signals, the answers of OpenSearch. */
const MAX_BUSY_MS = 10;
const MAX_TOKENS_PER_TEXT = 8192;

export type LocalOptions = { dimensions: number; maxTextsPerRequest?: number };

/** An embedder in this process, by wording and not by meaning: texts that share words are near each other. */
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
