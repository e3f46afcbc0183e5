import type { SettingReader } from "./setting-reader.ts";
import type { SettingValue } from "./settings.ts";

/** The model name of the local embedder's vectors; another way of making them gets another name. */
export const LOCAL_MODEL = "local-hashing-v1";

/** The model name of an AI service's vectors, where no other is set. */
const AI_SERVICE_MODEL = "ai-service";

export type Provider = "openai" | "ai-service" | "local";

/** The model that the settings name, known also where the key or the URL of its embedder is not. */
export type ModelConfig = {
  provider: Provider | undefined;
  model: string;
  dimensions: number;
  maxTokensPerText: number;
  /** How a message becomes the text that is embedded. */
  text: { form: SettingValue<"EMBEDDING_TEXT">; redaction: SettingValue<"REDACT"> };
  /** USD; absent: the embedder's own knowledge. */
  pricePerMillionTokens?: number;
};

export type EmbeddingConfig = Omit<ModelConfig, "provider"> & {
  /** Absent: the embedder's own limit. */
  maxTextsPerRequest?: number;
  timeoutMs: number;
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

/** Without a provider it is the model that openai would be asked for. */
export function modelConfig(reader: SettingReader): ModelConfig {
  const { read, need, given } = reader;
  const pricePerMillionTokens = read("EMBEDDING_PRICE_PER_MILLION_TOKENS");
  const text = { form: need("EMBEDDING_TEXT"), redaction: need("REDACT") };
  const shared = {
    dimensions: need("EMBEDDING_DIMENSIONS"),
    maxTokensPerText: need("EMBEDDING_MAX_TOKENS_PER_TEXT"),
    text,
    ...(pricePerMillionTokens !== undefined && { pricePerMillionTokens }),
  };
  const provider = chooseProvider(reader);
  if (provider === "local") {
    // Nothing leaves, so nothing needs to be masked.
    return { ...shared, text: { ...text, redaction: "off" }, provider, model: LOCAL_MODEL };
  }
  const isNamed = provider !== "ai-service" || given("EMBEDDING_MODEL");
  const model = isNamed ? need("EMBEDDING_MODEL") : AI_SERVICE_MODEL;
  return { ...shared, provider, model };
}

/** Undefined where no provider is chosen, or the chosen one lacks what it cannot do without. */
export function embeddingConfig(reader: SettingReader): EmbeddingConfig | undefined {
  const { read, need } = reader;
  const { provider, ...model } = modelConfig(reader);
  const maxTextsPerRequest = read("EMBEDDING_MAX_TEXTS_PER_REQUEST");
  const shared = {
    ...model,
    timeoutMs: need("EMBEDDING_TIMEOUT_SECONDS") * 1000,
    ...(maxTextsPerRequest !== undefined && { maxTextsPerRequest }),
  };
  if (provider === "local") return { ...shared, provider };
  if (provider === "ai-service") {
    const url = read("AI_SERVICE_URL");
    return url === undefined ? undefined : { ...shared, provider, url };
  }
  const apiKey = read("OPENAI_API_KEY");
  const baseUrl = read("OPENAI_BASE_URL");
  if (provider === undefined || (apiKey === undefined && isOpenAiItself(reader))) return undefined;
  return {
    ...shared,
    provider,
    encoding: need("EMBEDDING_ENCODING"),
    ...(apiKey !== undefined && { apiKey }),
    ...(baseUrl !== undefined && { baseUrl }),
  };
}
