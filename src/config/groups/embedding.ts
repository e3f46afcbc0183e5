import { join } from "node:path";
import { httpUrl } from "../addresses.ts";
import { decimal, integer, matching, oneOf, path, text, toggle } from "../kinds.ts";
import { isNot, present } from "../setting.ts";
import type { Settings } from "../setting.ts";
import type { SettingReader } from "../settings.ts";
import {
  chooseLocalModel,
  chooseProvider,
  DEFAULT_LOCAL_MODEL,
  fitsLocalModel,
  isKnownLocally,
  LOCAL_MODELS,
  PROVIDERS,
  providerIs,
  providerOrModelIs,
  takesModel,
  usesModelFile,
} from "./embedder-choice.ts";

export const EMBEDDING = {
  EMBEDDING_PROVIDER: {
    description:
      "What makes the vectors; local makes them in this process, without a key and without another server.",
    otherwise: "ai-service where AI_SERVICE_URL is set, else openai where a key or a base URL is",
    kind: oneOf(PROVIDERS, "provider"),
  },
  OPENAI_API_KEY: {
    description: "Key for OpenAI; another server at OPENAI_BASE_URL may do without.",
    secret: true,
    kind: matching(/^[\x21-\x7e]+$/, "a key without blanks", "key"),
    usedWhen: [providerOrModelIs("openai")],
  },
  OPENAI_BASE_URL: {
    description: "Base URL of a server that speaks OpenAI's API, mostly with /v1 at its end.",
    otherwise: "OpenAI's own",
    kind: httpUrl,
    usedWhen: [providerOrModelIs("openai")],
  },
  EMBEDDING_MODEL: {
    description:
      "Model that makes the vectors; for ai-service only the name to write beside them; for local all-minilm-l6-v2 (its default), use-multilingual-v3 or hashing.",
    default: "text-embedding-3-large",
    kind: text("the name of a model", "model"),
    usedWhen: [takesModel],
    requires: [isKnownLocally],
  },
  EMBEDDING_DIMENSIONS: {
    description: "Length of a vector.",
    otherwise: "384 for all-minilm-l6-v2, 512 for use-multilingual-v3 (both local), else 1536",
    kind: integer(2, 16_000),
    requires: [fitsLocalModel],
  },
  MODEL_DIR: {
    description: "Folder with the files of local models.",
    otherwise: "models in STATE_DIR",
    kind: path,
    usedWhen: [usesModelFile],
  },
  LOCAL_WORKERS: {
    description: "Threads that compute a local model.",
    otherwise: "one for each processor but one, at least 1",
    kind: integer(1, 256, "threads"),
    usedWhen: [usesModelFile],
  },
  LOCAL_PAD: {
    description:
      "Appends zeros to the vectors of a local model up to EMBEDDING_DIMENSIONS, for an index mapped for longer ones; scores stay the same.",
    default: "false",
    kind: toggle,
    usedWhen: [usesModelFile],
  },
  EMBEDDING_MAX_TEXTS_PER_REQUEST: {
    description: "Texts that one request carries at most.",
    otherwise: "2048 for openai, 100 for ai-service and local models, 1000 for hashing",
    kind: integer(1, 10_000, "texts"),
  },
  EMBEDDING_MAX_TOKENS_PER_TEXT: {
    description: "A longer text is cut there.",
    default: "8192",
    kind: integer(1, 300_000, "tokens"),
    usedWhen: [providerIs("openai", "ai-service")],
  },
  EMBEDDING_ENCODING: {
    description: "How openai sends vectors; base64 falls back to float where the server cannot.",
    default: "base64",
    kind: oneOf(["base64", "float"]),
    usedWhen: [providerIs("openai")],
  },
  EMBEDDING_TEXT: {
    description: "template masks what varies in a message, so that like errors share a vector.",
    default: "message",
    kind: oneOf(["message", "template"]),
  },
  REDACT: {
    description:
      "What is masked in a text before it is sent; pii: e-mail addresses, card, phone and bank numbers as well.",
    default: "secrets",
    kind: oneOf(["secrets", "pii", "off"]),
    usedWhen: [providerOrModelIs("openai", "ai-service")],
  },
  MAX_MESSAGE_BYTES: {
    description:
      "A longer message is cut to so many bytes where it is read, and its vector marked.",
    default: "1048576",
    kind: integer(1024, 64 * 1024 * 1024, "bytes"),
  },
  EMBEDDING_TIMEOUT_SECONDS: {
    description: "How long one request for vectors may take.",
    default: "60",
    kind: integer(1, 3600, "seconds"),
    usedWhen: [providerIs("openai", "ai-service")],
  },
  EMBEDDING_PRICE_PER_MILLION_TOKENS: {
    description: "Price in USD, used to compute costs.",
    otherwise: "known for OpenAI's models, else the cost is not shown",
    kind: decimal(0, 1_000_000, "0.13", "usd"),
    usedWhen: [providerIs("openai", "ai-service")],
  },
  AI_SERVICE_URL: {
    description: "URL of an AI service that answers at /api/v1/embedding/batch.",
    kind: httpUrl,
    usedWhen: [providerIs("ai-service")],
  },
} satisfies Settings;

export const LIMITS = {
  EMBEDDING_MAX_CONCURRENCY: {
    description: "Most requests to the embedder in flight at once; fewer while it is slow.",
    default: "8",
    kind: integer(1, 64, "requests"),
  },
  RATE_LIMIT_REQUESTS_PER_MINUTE: {
    description: "Requests to the embedder that any minute may hold, backfill and tail together.",
    otherwise: "as many as the embedder takes",
    kind: integer(1, 1_000_000, "requests"),
  },
  RATE_LIMIT_TOKENS_PER_MINUTE: {
    description: "Tokens that any minute may hold, backfill and tail together.",
    otherwise: "as many as the embedder takes",
    kind: integer(1, 1_000_000_000, "tokens"),
  },
  MAX_COST_USD_PER_DAY: {
    description:
      "What embedding and the language model may cost a day (UTC), over all that share STATE_DIR.",
    otherwise: "no limit",
    kind: decimal(0.000001, 1_000_000, "5", "usd"),
    usedWhen: [providerOrModelIs("openai", "ai-service")],
  },
  MAX_TOKENS_PER_CYCLE: {
    description:
      "Tokens that one cycle, or one whole drain, may embed; the tail is not limited by it.",
    otherwise: "no limit",
    kind: integer(1, 1_000_000_000, "tokens"),
  },
} satisfies Settings;

export const CACHE = {
  CACHE_MAX_ENTRIES: {
    description: "Vectors kept in memory for equal texts; 0 keeps none.",
    default: "1000",
    kind: integer(0, 1_000_000, "vectors"),
  },
  CACHE_TTL_SECONDS: {
    description: "How long a vector is kept there.",
    default: "3600",
    kind: integer(1, 30 * 24 * 3600, "seconds"),
    usedWhen: [isNot("CACHE_MAX_ENTRIES", "0")],
  },
} satisfies Settings;

const LOCAL_DEFAULT = {
  name: DEFAULT_LOCAL_MODEL,
  dimensions: LOCAL_MODELS[DEFAULT_LOCAL_MODEL].dimensions,
};

/** Model name of an AI service where none is set. */
const AI_SERVICE_MODEL = "ai-service";

/** Whether requests go to OpenAI itself, which requires a key. */
export function isOpenAiItself({ read }: SettingReader): boolean {
  const baseUrl = read("OPENAI_BASE_URL");
  return baseUrl === undefined || /(^|\.)api\.openai\.com$/.test(new URL(baseUrl).hostname);
}

/** The model by the settings, known even without its key or URL. Without a provider: the model that openai would use. */
export function modelConfig(reader: SettingReader, chosen = chooseLocalModel(reader)) {
  const { read, need, given } = reader;
  const provider = chooseProvider(reader);
  const local = chosen?.name;
  const isNamed = provider !== "ai-service" || given("EMBEDDING_MODEL");
  const model = isNamed ? need("EMBEDDING_MODEL") : AI_SERVICE_MODEL;
  const ownDimensions = local && LOCAL_MODELS[local].dimensions;
  return {
    provider,
    model: local ? LOCAL_MODELS[local].stamp : model,
    chosenBy:
      chosen?.chosenBy ?? (given("EMBEDDING_MODEL") ? ("settings" as const) : ("default" as const)),
    dimensions: read("EMBEDDING_DIMENSIONS") ?? ownDimensions ?? 1536,
    maxTokensPerText: need("EMBEDDING_MAX_TOKENS_PER_TEXT"),
    // A text for the local embedder does not leave this process.
    text: { form: need("EMBEDDING_TEXT"), redaction: local ? ("off" as const) : need("REDACT") },
    ...(local && chosen?.chosenBy !== "settings" && { localDefault: LOCAL_DEFAULT }),
    ...present({
      /** The only number that the model makes; `dimensions` is more where zeros are appended. Absent: not known. */
      ownDimensions,
      /** USD; absent: as the embedder knows it. */
      pricePerMillionTokens: read("EMBEDDING_PRICE_PER_MILLION_TOKENS"),
    }),
  };
}

/** Undefined without a provider, or where its required settings are missing. */
export function embeddingConfig(reader: SettingReader, chosen = chooseLocalModel(reader)) {
  const { read, need } = reader;
  const { provider, chosenBy: _by, localDefault: _default, ...model } = modelConfig(reader, chosen);
  const shared = {
    ...model,
    timeoutMs: need("EMBEDDING_TIMEOUT_SECONDS") * 1000,
    ...present({
      /** Absent: the embedder's limit. */
      maxTextsPerRequest: read("EMBEDDING_MAX_TEXTS_PER_REQUEST"),
    }),
  };
  if (provider === "local") {
    if (chosen === undefined) return undefined;
    return {
      ...shared,
      provider,
      name: chosen.name,
      ...present({ workers: read("LOCAL_WORKERS") }),
    };
  }
  if (provider === "ai-service") {
    const url = read("AI_SERVICE_URL");
    return url === undefined ? undefined : { ...shared, provider, url };
  }
  const apiKey = read("OPENAI_API_KEY");
  if (provider === undefined || (apiKey === undefined && isOpenAiItself(reader))) return undefined;
  const encoding = need("EMBEDDING_ENCODING");
  return {
    ...shared,
    provider,
    encoding,
    ...present({ apiKey, baseUrl: read("OPENAI_BASE_URL") }),
  };
}

/** Of model files. */
export function modelDirConfig({ read, need }: SettingReader): string {
  return read("MODEL_DIR") ?? join(need("STATE_DIR"), "models");
}

/** Absent: no such limit. */
export function limitsConfig({ read, need }: SettingReader) {
  return {
    requestsAtOnce: need("EMBEDDING_MAX_CONCURRENCY"),
    ...present({
      requestsPerMinute: read("RATE_LIMIT_REQUESTS_PER_MINUTE"),
      tokensPerMinute: read("RATE_LIMIT_TOKENS_PER_MINUTE"),
      usdPerDay: read("MAX_COST_USD_PER_DAY"),
      tokensPerCycle: read("MAX_TOKENS_PER_CYCLE"),
    }),
  };
}
