import { alertProblems } from "./alert-config.ts";
import type { Problem } from "./config-error.ts";
import { chooseProvider, isOpenAiItself } from "./embedding-config.ts";
import { httpProblems } from "./http-config.ts";
import type { SettingReader } from "./setting-reader.ts";
import type { SettingName } from "./settings.ts";
import { LEADER_TOPIC_SUFFIX } from "./kafka-settings.ts";

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

/** What the settings of Kafka lack beside each other, or contradict each other in. */
export function kafkaProblems(
  reader: SettingReader,
  { needsKafka }: { needsKafka: boolean },
): Problem[] {
  return [
    ...missingBrokers(reader, needsKafka),
    ...sharedTopics(reader),
    ...authorityWithoutTls(reader),
    ...partOfLogin(reader),
  ];
}

function missingBrokers({ read, given }: SettingReader, needsKafka: boolean): Problem[] {
  if (given("KAFKA_BOOTSTRAP_SERVERS")) return [];
  const byMode = read("BACKFILL_MODE") === "kafka";
  if (!needsKafka && !byMode) return [];
  const needing = byMode ? "BACKFILL_MODE=kafka" : "this command";
  const sentence = `not set, but ${needing} needs it; set it to Kafka's brokers, such as localhost:9092`;
  return [{ name: "KAFKA_BOOTSTRAP_SERVERS", sentence }];
}

/** A dead letter or a reference in a topic of logs would be read as a log again, without end. */
function sharedTopics({ read }: SettingReader): Problem[] {
  const backfill = read("KAFKA_BACKFILL_TOPIC");
  const uses: [name: SettingName, topics: (string | undefined)[]][] = [
    ["KAFKA_TOPIC", read("KAFKA_TOPIC") ?? []],
    ["KAFKA_DLQ_TOPIC", [read("KAFKA_DLQ_TOPIC")]],
    ["KAFKA_BACKFILL_TOPIC", [backfill, backfill && `${backfill}${LEADER_TOPIC_SUFFIX}`]],
  ];
  const users = new Map<string, SettingName>();
  const problems: Problem[] = [];
  for (const [name, topics] of uses) {
    for (const topic of topics) {
      if (topic === undefined) continue;
      const other = users.get(topic);
      users.set(topic, name);
      if (other === undefined) continue;
      const sentence = `uses the topic "${topic}", and so does ${other}; give each a topic of its own`;
      problems.push({ name, sentence });
    }
  }
  return problems;
}

function authorityWithoutTls({ read, given }: SettingReader): Problem[] {
  if (!given("KAFKA_CA_FILE") || read("KAFKA_SSL") !== false) return [];
  const sentence = "set, but KAFKA_SSL is false; set KAFKA_SSL=true, or leave this out";
  return [{ name: "KAFKA_CA_FILE", sentence }];
}

const LOGIN = ["KAFKA_SASL_MECHANISM", "KAFKA_SASL_USERNAME", "KAFKA_SASL_PASSWORD"] as const;

function partOfLogin({ given }: SettingReader): Problem[] {
  const here = LOGIN.find((name) => given(name));
  if (here === undefined) return [];
  const sentence = `not set, but ${here} is; set mechanism, user and password, or none of them`;
  return LOGIN.filter((name) => !given(name)).map((name) => ({ name, sentence }));
}
