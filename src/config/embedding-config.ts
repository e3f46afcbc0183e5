import type { SettingReader } from "./setting-reader.ts";
import type { SettingValue } from "./settings.ts";

/** The model name of the local embedder's vectors; another way of making them gets another name. */
export const LOCAL_MODEL = "local-hashing-v1";

/** The model name of an AI service's vectors, where no other is set. */
const AI_SERVICE_MODEL = "ai-service";

export type Provider = "openai" | "ai-service" | "local";

export type EmbeddingConfig = {
  model: string;
  dimensions: number;
  /** Absent: the embedder's own limit. */
  maxTextsPerRequest?: number;
  maxTokensPerText: number;
  timeoutMs: number;
  /** How a message becomes the text that is embedded. */
  text: { form: SettingValue<"EMBEDDING_TEXT">; redaction: SettingValue<"REDACT"> };
  /** USD; absent: the embedder's own knowledge. */
  pricePerMillionTokens?: number;
} & (
  | { provider: "openai"; apiKey?: string; baseUrl?: string; encoding: "base64" | "float" }
  | { provider: "ai-service"; url: string }
  | { provider: "local" }
);

/** The embedder that the settings ask for, by name or by what they give; never the local one by itself. */
export function chooseProvider({ read, given }: SettingReader): Provider | undefined {
  if (given("EMBEDDING_PROVIDER")) return read("EMBEDDING_PROVIDER");
  if (given("AI_SERVICE_URL")) return "ai-service";
  if (given("OPENAI_API_KEY") || given("OPENAI_BASE_URL")) return "openai";
  return undefined;
}

/** Whether requests go to OpenAI itself, which answers nobody without a key. */
export function isOpenAiItself({ read }: SettingReader): boolean {
  const baseUrl = read("OPENAI_BASE_URL");
  return baseUrl === undefined || /(^|\.)api\.openai\.com$/.test(new URL(baseUrl).hostname);
}

/** Undefined where no provider is chosen, or the chosen one lacks what it cannot do without. */
export function embeddingConfig(reader: SettingReader): EmbeddingConfig | undefined {
  const { read, need, given } = reader;
  const maxTextsPerRequest = read("EMBEDDING_MAX_TEXTS_PER_REQUEST");
  const pricePerMillionTokens = read("EMBEDDING_PRICE_PER_MILLION_TOKENS");
  const shared = {
    dimensions: need("EMBEDDING_DIMENSIONS"),
    maxTokensPerText: need("EMBEDDING_MAX_TOKENS_PER_TEXT"),
    timeoutMs: need("EMBEDDING_TIMEOUT_SECONDS") * 1000,
    text: { form: need("EMBEDDING_TEXT"), redaction: need("REDACT") },
    ...(maxTextsPerRequest !== undefined && { maxTextsPerRequest }),
    ...(pricePerMillionTokens !== undefined && { pricePerMillionTokens }),
  };
  const provider = chooseProvider(reader);
  if (provider === "local") {
    // Nothing leaves, so nothing needs to be masked.
    const text = { ...shared.text, redaction: "off" as const };
    return { ...shared, text, provider, model: LOCAL_MODEL };
  }
  const model = need("EMBEDDING_MODEL");
  if (provider === "ai-service") {
    const url = read("AI_SERVICE_URL");
    if (url === undefined) return undefined;
    return { ...shared, provider, url, model: given("EMBEDDING_MODEL") ? model : AI_SERVICE_MODEL };
  }
  const apiKey = read("OPENAI_API_KEY");
  const baseUrl = read("OPENAI_BASE_URL");
  if (provider === undefined || (apiKey === undefined && isOpenAiItself(reader))) return undefined;
  return {
    ...shared,
    provider,
    model,
    encoding: need("EMBEDDING_ENCODING"),
    ...(apiKey !== undefined && { apiKey }),
    ...(baseUrl !== undefined && { baseUrl }),
  };
}
