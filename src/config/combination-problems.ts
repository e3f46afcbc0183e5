import { alertProblems } from "./alert-config.ts";
import type { Problem } from "./config-error.ts";
import { chooseProvider, isOpenAiItself } from "./embedding-config.ts";
import { httpProblems } from "./http-config.ts";
import { kafkaProblems } from "./kafka-problems.ts";
import type { SettingReader } from "./setting-reader.ts";
import type { SettingName } from "./settings.ts";

/** Settings that are missing beside others or contradict others, each with the remedy. */
export function combinationProblems(
  reader: SettingReader,
  { needsEmbedder, needsKafka = false }: { needsEmbedder: boolean; needsKafka?: boolean },
): Problem[] {
  return [
    ...missingHalf(reader, "OPENSEARCH_USER", "OPENSEARCH_PASSWORD"),
    ...missingHalf(reader, "OPENSEARCH_CERT_FILE", "OPENSEARCH_KEY_FILE"),
    ...twoUsers(reader),
    ...twoWaysIn(reader),
    ...twoSchedules(reader),
    ...vectorOverLog(reader),
    ...kafkaProblems(reader, { needsKafka }),
    ...httpProblems(reader),
    ...alertProblems(reader),
    ...(needsEmbedder ? [...missingEmbedder(reader), ...limitWithoutPrice(reader)] : []),
  ];
}

function missingHalf({ given }: SettingReader, a: SettingName, b: SettingName): Problem[] {
  if (given(a) === given(b)) return [];
  const [here, missing] = given(a) ? [a, b] : [b, a];
  return [{ name: missing, sentence: `not set, but ${here} is; set both or none` }];
}

function twoUsers({ read, given }: SettingReader): Problem[] {
  const inUrl = read("OPENSEARCH_URL")?.auth;
  if (inUrl === undefined || !given("OPENSEARCH_USER")) return [];
  const [username, password] = [read("OPENSEARCH_USER"), read("OPENSEARCH_PASSWORD")];
  if (inUrl.username === username && inUrl.password === password) return [];
  const sentence = "set beside another user or password in OPENSEARCH_URL; keep one of the two";
  return [{ name: "OPENSEARCH_USER", sentence }];
}

function twoWaysIn({ read, given }: SettingReader): Problem[] {
  const user = given("OPENSEARCH_USER") ? "OPENSEARCH_USER" : "user:password@ in OPENSEARCH_URL";
  const hasUser = given("OPENSEARCH_USER") || read("OPENSEARCH_URL")?.auth !== undefined;
  if (!given("OPENSEARCH_AWS_REGION") || !hasUser) return [];
  const sentence = `set together with ${user}; keep AWS signing or user and password`;
  return [{ name: "OPENSEARCH_AWS_REGION", sentence }];
}

function twoSchedules({ given }: SettingReader): Problem[] {
  if (!given("BACKFILL_SCHEDULE") || !given("BACKFILL_INTERVAL_MINUTES")) return [];
  const sentence = "set together with BACKFILL_SCHEDULE; keep one of the two";
  return [{ name: "BACKFILL_INTERVAL_MINUTES", sentence }];
}

const LOG_FIELDS = [
  "MESSAGE_FIELD",
  "TIMESTAMP_FIELD",
  "LEVEL_FIELD",
  "SERVICE_FIELD",
  "TAIL_ID_FIELD",
] as const;

/** The outer names of domain/document's MESSAGE_FIELDS, which are read where no setting names the field. */
const USUAL_TEXTS = ["message", "body", "msg", "log", "short_message", "event", "error"];

/** The vector must not overwrite a field that is read. */
function vectorOverLog({ read }: SettingReader): Problem[] {
  const vector = read("VECTOR_FIELD");
  if (vector === undefined) return [];
  const name = LOG_FIELDS.find((field) => {
    const usual = field === "MESSAGE_FIELD" ? USUAL_TEXTS : [];
    const roots = new Set([read(field) ?? usual].flat().map((path) => path.split(".")[0]));
    return roots.has(vector) || roots.has(`${vector}_meta`);
  });
  if (name === undefined) return [];
  const sentence = `"${vector}" and "${vector}_meta" are written, but ${name} is read from there; choose another`;
  return [{ name: "VECTOR_FIELD", sentence }];
}

export const NO_PRICE =
  "set, but the embedder's price is unknown; set EMBEDDING_PRICE_PER_MILLION_TOKENS (0 where it is free)";

/** OpenAI's own prices are known. */
function limitWithoutPrice(reader: SettingReader): Problem[] {
  const { given } = reader;
  const provider = chooseProvider(reader);
  const priced = given("EMBEDDING_PRICE_PER_MILLION_TOKENS") || provider === "local";
  if (!given("MAX_COST_USD_PER_DAY") || priced || provider === undefined) return [];
  if (provider === "openai" && isOpenAiItself(reader)) return [];
  return [{ name: "MAX_COST_USD_PER_DAY", sentence: NO_PRICE }];
}

const THREE_WAYS =
  "no embedding provider configured; set OPENAI_API_KEY (with OPENAI_BASE_URL for another server than " +
  "OpenAI's), or AI_SERVICE_URL, or EMBEDDING_PROVIDER=local to compare wording without a model";

function missingEmbedder(reader: SettingReader): Problem[] {
  const { given, malformed } = reader;
  const provider = chooseProvider(reader);
  if (provider === undefined) {
    return given("EMBEDDING_PROVIDER")
      ? []
      : [{ name: "EMBEDDING_PROVIDER", sentence: THREE_WAYS }];
  }
  if (provider === "ai-service" && !given("AI_SERVICE_URL")) {
    const sentence = "not set, but EMBEDDING_PROVIDER=ai-service needs it; set the service's URL";
    return [{ name: "AI_SERVICE_URL", sentence }];
  }
  const keyless = provider !== "openai" || given("OPENAI_API_KEY") || malformed("OPENAI_BASE_URL");
  if (keyless || !isOpenAiItself(reader)) return [];
  const sentence = "not set, but OpenAI needs it; set it, or OPENAI_BASE_URL for another server";
  return [{ name: "OPENAI_API_KEY", sentence }];
}
