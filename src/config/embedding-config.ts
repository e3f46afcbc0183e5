import type { SettingReader } from "./setting-reader.ts";
import type { SettingValue } from "./settings.ts";

/** Model name of the local embedder; a changed algorithm gets a new name. */
export const LOCAL_MODEL = "local-hashing-v1";

/** Model name of an AI service where none is set. */
const AI_SERVICE_MODEL = "ai-service";

export type Provider = "openai" | "ai-service" | "local";

/** The model by the settings, known even without its key or URL. */
export type ModelConfig = {
  provider: Provider | undefined;
  model: string;
  dimensions: number;
  maxTokensPerText: number;
  text: { form: SettingValue<"EMBEDDING_TEXT">; redaction: SettingValue<"REDACT"> };
  /** USD; absent: as the embedder knows it. */
  pricePerMillionTokens?: number;
};

export type EmbeddingConfig = Omit<ModelConfig, "provider"> & {
  /** Absent: the embedder's limit. */
  maxTextsPerRequest?: number;
  timeoutMs: number;
} & (
    | { provider: "openai"; apiKey?: string; baseUrl?: string; encoding: "base64" | "float" }
    | { provider: "ai-service"; url: string }
    | { provider: "local" }
  );

/** The embedder by name, or by the settings given for it; never the local one by default. */
export function chooseProvider({ read, given }: SettingReader): Provider | undefined {
  if (given("EMBEDDING_PROVIDER")) return read("EMBEDDING_PROVIDER");
  if (given("AI_SERVICE_URL")) return "ai-service";
  if (given("OPENAI_API_KEY") || given("OPENAI_BASE_URL")) return "openai";
  return undefined;
}

/** Whether requests go to OpenAI itself, which requires a key. */
export function isOpenAiItself({ read }: SettingReader): boolean {
  const baseUrl = read("OPENAI_BASE_URL");
  return baseUrl === undefined || /(^|\.)api\.openai\.com$/.test(new URL(baseUrl).hostname);
}

/** Without a provider: the model that openai would use. */
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
    // Nothing leaves this process, so nothing is masked.
    return { ...shared, text: { ...text, redaction: "off" }, provider, model: LOCAL_MODEL };
  }
  const isNamed = provider !== "ai-service" || given("EMBEDDING_MODEL");
  const model = isNamed ? need("EMBEDDING_MODEL") : AI_SERVICE_MODEL;
  return { ...shared, provider, model };
}

/** Undefined without a provider, or where its required settings are missing. */
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
