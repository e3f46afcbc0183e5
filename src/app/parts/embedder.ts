import { NO_PRICE } from "../../config/rules.ts";
import { ConfigError } from "../../config/problems.ts";
import type { Config } from "../../config/config.ts";
import type { EmbeddingConfig } from "../../config/groups/embedding.ts";
import type { Clock } from "../../ports/clock.ts";
import type { Embedder } from "../../ports/embedder.ts";
import type { Events } from "../../ports/events.ts";
import type { Tracer } from "../../ports/tracer.ts";
import { watchEmbedder } from "../../status/embedder-watch.ts";
import { traceEmbedder, tracedFetch } from "../../telemetry/trace-embedder.ts";

/** The embedder that the settings name, traced, with a record of how its requests went. Throws a ConfigError. */
export async function openWatchedEmbedder(
  config: Config,
  { tracer, clock, events }: { tracer: Tracer; clock: Clock; events: Events },
) {
  const embedder = withPrice(await openEmbedder(config.embedding, tracer), config);
  return watchEmbedder(traceEmbedder(embedder, tracer), clock, events);
}

async function openEmbedder(
  embedding: EmbeddingConfig | undefined,
  tracer: Tracer,
): Promise<Embedder> {
  const fetch = tracedFetch(tracer);
  switch (embedding?.provider) {
    case "openai": {
      const { createOpenAiEmbedder } = await import("../../adapters/openai/openai-embedder.ts");
      return createOpenAiEmbedder({ ...embedding, fetch });
    }
    case "ai-service": {
      const { createAiServiceEmbedder } =
        await import("../../adapters/ai-service/ai-service-embedder.ts");
      return createAiServiceEmbedder({ ...embedding, fetch });
    }
    case "local": {
      const { createLocalEmbedder } =
        await import("../../adapters/local-embedder/local-embedder.ts");
      return createLocalEmbedder(embedding);
    }
    case undefined:
      throw new Error("A command without an embedder asked for one");
  }
}

/** Of a million tokens in USD, known also where the embedder cannot be opened; null where it is unknown. */
export async function priceOf({ inForce, embedding }: Config): Promise<number | null> {
  const { provider, model, pricePerMillionTokens: given } = inForce;
  if (provider === "local") return 0;
  if (given !== undefined || provider === "ai-service") return given ?? null;
  const { openAiPrice, OPENAI_URL } = await import("../../adapters/openai/openai-price.ts");
  const baseUrl = embedding?.provider === "openai" ? embedding.baseUrl : undefined;
  return openAiPrice(model, baseUrl ?? OPENAI_URL);
}

/** A limit in money says nothing where the price of a token is unknown. */
function withPrice(embedder: Embedder, { limits: { usdPerDay } }: Config): Embedder {
  if (usdPerDay === undefined || embedder.pricePerMillionTokens !== null) return embedder;
  throw new ConfigError([{ name: "MAX_COST_USD_PER_DAY", sentence: NO_PRICE }]);
}
