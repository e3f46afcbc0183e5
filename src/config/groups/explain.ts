import { httpUrl } from "../addresses.ts";
import { decimal, integer, matching, oneOf, text, toggle } from "../kinds.ts";
import { isSet, present } from "../setting.ts";
import type { Settings } from "../setting.ts";
import type { SettingReader } from "../settings.ts";
import { ownPage } from "./alerts.ts";
import { isOpenAiItself } from "./embedding.ts";

const usesModel = [isSet("LLM_MODEL")];

export const EXPLAIN = {
  LLM_MODEL: {
    description:
      "Model that explain asks, by OpenAI's chat API; setting it is the consent to send it evidence.",
    otherwise: "none: explain shows facts, past cases and notes",
    kind: text("the name of a model", "model"),
  },
  LLM_BASE_URL: {
    description: "Base URL of its server, mostly with /v1 at its end.",
    otherwise: "that of OPENAI_BASE_URL",
    kind: httpUrl,
    usedWhen: usesModel,
  },
  LLM_API_KEY: {
    description: "Key for it; another server than OpenAI's may do without.",
    otherwise: "that of OPENAI_API_KEY, where LLM_BASE_URL is not set",
    secret: true,
    kind: matching(/^[\x21-\x7e]+$/, "a key without blanks", "key"),
    usedWhen: usesModel,
  },
  LLM_TIMEOUT_SECONDS: {
    description: "How long one answer of the model may take.",
    default: "60",
    kind: integer(1, 3600, "seconds"),
    usedWhen: usesModel,
  },
  LLM_MAX_OUTPUT_TOKENS: {
    description: "The longest answer of the model.",
    default: "1500",
    kind: integer(100, 100_000, "tokens"),
    usedWhen: usesModel,
  },
  LLM_PRICE_INPUT_PER_MILLION: {
    description: "Price of what the model reads, in USD; counted in MAX_COST_USD_PER_DAY.",
    otherwise: "the cost is not shown",
    kind: decimal(0, 1_000_000, "0.25", "usd"),
    usedWhen: usesModel,
    requires: [isSet("LLM_PRICE_OUTPUT_PER_MILLION")],
  },
  LLM_PRICE_OUTPUT_PER_MILLION: {
    description: "Price of what the model writes, in USD.",
    otherwise: "the cost is not shown",
    kind: decimal(0, 1_000_000, "2", "usd"),
    usedWhen: usesModel,
    requires: [isSet("LLM_PRICE_INPUT_PER_MILLION")],
  },
  LLM_LANGUAGE: {
    description: "Language of the model's sentences.",
    default: "en",
    kind: oneOf(["en", "ko"], "language"),
    usedWhen: usesModel,
  },
  EXPLAIN_SEND: {
    description:
      "What of the evidence the model is sent: texts, masked as for embedding; only their templates; or none, and no model is asked.",
    default: "text",
    kind: oneOf(["text", "template", "none"]),
    usedWhen: usesModel,
  },
  MCP_WRITE_NOTES: {
    description: "Agents may write notes about errors by the Model Context Protocol.",
    default: "false",
    kind: toggle,
  },
} satisfies Settings;

/** `model`: undefined where no model is asked. */
export function explainConfig(reader: SettingReader) {
  const { read, need, given } = reader;
  const name = read("LLM_MODEL");
  const send = need("EXPLAIN_SEND");
  const shared = {
    language: need("LLM_LANGUAGE"),
    /** Of evidence, whatever the embedder is. */
    redaction: need("REDACT") === "pii" ? ("pii" as const) : ("secrets" as const),
  };
  if (name === undefined || send === "none") return { ...shared, model: undefined };
  // A key goes to no other server than the one that it was set for.
  const apiKey =
    read("LLM_API_KEY") ?? (given("LLM_BASE_URL") ? undefined : read("OPENAI_API_KEY"));
  const [input, output] = [
    read("LLM_PRICE_INPUT_PER_MILLION"),
    read("LLM_PRICE_OUTPUT_PER_MILLION"),
  ];
  const price = input === undefined || output === undefined ? null : { input, output };
  return {
    ...shared,
    model: {
      name,
      send,
      timeoutMs: need("LLM_TIMEOUT_SECONDS") * 1000,
      maxOutputTokens: need("LLM_MAX_OUTPUT_TOKENS"),
      price,
      ...present({ apiKey, baseUrl: read("LLM_BASE_URL") ?? read("OPENAI_BASE_URL") }),
    },
  };
}

/** For agents. */
export function mcpConfig(reader: SettingReader) {
  const page = reader.read("ALERT_PAGE_URL") ?? ownPage(reader);
  return {
    writesNotes: reader.need("MCP_WRITE_NOTES"),
    /** Where people see errors, without a slash at its end; undefined: unknown. */
    pageUrl: page?.replace(/\/+$/, ""),
  };
}

/** Whether the model's server is OpenAI itself, which requires a key. */
export function asksOpenAiItself(reader: SettingReader): boolean {
  const baseUrl = reader.read("LLM_BASE_URL");
  if (baseUrl === undefined) return isOpenAiItself(reader);
  return /(^|\.)api\.openai\.com$/.test(new URL(baseUrl).hostname);
}
