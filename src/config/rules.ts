import type { Config } from "./config.ts";
import { chooseProvider } from "./groups/embedder-choice.ts";
import { isOpenAiItself } from "./groups/embedding.ts";
import { asksOpenAiItself } from "./groups/explain.ts";
import { isLoopback } from "./groups/http.ts";
import { LEADER_TOPIC_SUFFIX } from "./groups/logs.ts";
import type { Problem } from "./problems.ts";
import { SETTING_NAMES, SETTINGS } from "./settings.ts";
import type { SettingName, SettingReader } from "./settings.ts";
import type { Sources } from "./sources.ts";

/** What the command needs: without these settings it is refused. */
export type Needs = {
  needsEmbedder: boolean;
  needsKafka?: boolean;
  /** It asks the language model, where one is set. */
  asksModel?: boolean;
};

/** A rule over several settings that no row can say of itself. */
type Rule = {
  /** For the reference. */
  says: string;
  problems: (reader: SettingReader, needs: Needs) => Problem[];
};

const LOG_FIELDS = [
  "MESSAGE_FIELD",
  "TIMESTAMP_FIELD",
  "LEVEL_FIELD",
  "SERVICE_FIELD",
  "HOST_FIELD",
  "VERSION_FIELD",
  "TAIL_ID_FIELD",
] as const;

/** The outer names of domain/document's MESSAGE_FIELDS, which are read where no setting names the field. */
const USUAL_TEXTS = ["message", "body", "msg", "log", "short_message", "event", "error"];

const THREE_WAYS =
  "no embedding provider configured; set OPENAI_API_KEY (with OPENAI_BASE_URL for another server than " +
  "OpenAI's), or AI_SERVICE_URL, or EMBEDDING_PROVIDER=local, which needs neither";

export const NO_PRICE =
  "set, but the embedder's price is unknown; set EMBEDDING_PRICE_PER_MILLION_TOKENS (0 where it is free)";

const NO_MODEL_KEY =
  "not set, but OpenAI needs it for LLM_MODEL; set it, or LLM_BASE_URL for another server";
const NO_MODEL_PRICE =
  "set, but the price of LLM_MODEL is unknown; set LLM_PRICE_INPUT_PER_MILLION and LLM_PRICE_OUTPUT_PER_MILLION (0 where it is free)";

export const RULES: readonly Rule[] = [
  {
    says:
      "There is one login to OpenSearch: a user in `OPENSEARCH_USER` or in `OPENSEARCH_URL` (both only where they are the same), " +
      "or AWS signing by `OPENSEARCH_AWS_REGION`.",
    problems: ({ read, given }) => {
      const inUrl = read("OPENSEARCH_URL")?.auth;
      const problems: Problem[] = [];
      const isSame =
        inUrl?.username === read("OPENSEARCH_USER") &&
        inUrl?.password === read("OPENSEARCH_PASSWORD");
      if (inUrl !== undefined && given("OPENSEARCH_USER") && !isSame) {
        const sentence =
          "set beside another user or password in OPENSEARCH_URL; keep one of the two";
        problems.push({ name: "OPENSEARCH_USER", sentence });
      }
      if (given("OPENSEARCH_AWS_REGION") && (given("OPENSEARCH_USER") || inUrl !== undefined)) {
        const user = given("OPENSEARCH_USER")
          ? "OPENSEARCH_USER"
          : "user:password@ in OPENSEARCH_URL";
        const sentence = `set together with ${user}; keep AWS signing or user and password`;
        problems.push({ name: "OPENSEARCH_AWS_REGION", sentence });
      }
      return problems;
    },
  },
  {
    says:
      "`VECTOR_FIELD`, also with `_meta` at its end, is no field that `MESSAGE_FIELD`, `TIMESTAMP_FIELD`, `LEVEL_FIELD`, " +
      "`SERVICE_FIELD`, `HOST_FIELD`, `VERSION_FIELD` or `TAIL_ID_FIELD` is read from.",
    problems: ({ read }) => {
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
    },
  },
  {
    says: "`tail`, `worker`, `dlq` and `BACKFILL_MODE=kafka` require `KAFKA_BOOTSTRAP_SERVERS`.",
    problems: ({ read, given }, { needsKafka = false }) => {
      const byMode = read("BACKFILL_MODE") === "kafka";
      if (given("KAFKA_BOOTSTRAP_SERVERS") || (!needsKafka && !byMode)) return [];
      const needing = byMode ? "BACKFILL_MODE=kafka" : "this command";
      const sentence = `not set, but ${needing} needs it; set it to Kafka's brokers, such as localhost:9092`;
      return [{ name: "KAFKA_BOOTSTRAP_SERVERS", sentence }];
    },
  },
  {
    says:
      "`KAFKA_TOPIC`, `KAFKA_DLQ_TOPIC` and `KAFKA_BACKFILL_TOPIC` (also with `-leader` at its end) name different topics: " +
      "a dead letter or a reference in a topic of logs would be read as a log again, without end.",
    problems: ({ read }) => {
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
    },
  },
  {
    says:
      "`HTTP_TOKEN` or `HTTP_TOKEN_GENERATE=true` is required where `HTTP_HOST` can be reached from other machines, unless " +
      "`HTTP_PORT` is 0.",
    problems: ({ read, given }) => {
      const host = read("HTTP_HOST");
      if (host === undefined || read("HTTP_PORT") === 0 || isLoopback(host)) return [];
      if (given("HTTP_TOKEN") || read("HTTP_TOKEN_GENERATE") === true) return [];
      const sentence = `not set, but HTTP_HOST ${host} can be reached from other machines; set a token, or HTTP_TOKEN_GENERATE=true to have one made, or HTTP_HOST=127.0.0.1, or HTTP_PORT=0 for no HTTP`;
      return [{ name: "HTTP_TOKEN", sentence }];
    },
  },
  {
    says:
      "A command that makes vectors requires an embedder: `OPENAI_API_KEY`, or `OPENAI_BASE_URL` of a server that needs no key, or " +
      "`AI_SERVICE_URL`, or `EMBEDDING_PROVIDER=local`.",
    problems: (reader, { needsEmbedder }) => {
      const { given, malformed } = reader;
      if (!needsEmbedder) return [];
      const provider = chooseProvider(reader);
      if (provider === undefined) {
        return given("EMBEDDING_PROVIDER")
          ? []
          : [{ name: "EMBEDDING_PROVIDER", sentence: THREE_WAYS }];
      }
      if (provider === "ai-service" && !given("AI_SERVICE_URL")) {
        const sentence =
          "not set, but EMBEDDING_PROVIDER=ai-service needs it; set the service's URL";
        return [{ name: "AI_SERVICE_URL", sentence }];
      }
      const keyless =
        provider !== "openai" || given("OPENAI_API_KEY") || malformed("OPENAI_BASE_URL");
      if (keyless || !isOpenAiItself(reader)) return [];
      const sentence =
        "not set, but OpenAI needs it; set it, or OPENAI_BASE_URL for another server";
      return [{ name: "OPENAI_API_KEY", sentence }];
    },
  },
  {
    says: "Such a command requires a known price for `MAX_COST_USD_PER_DAY`: OpenAI's own, or `EMBEDDING_PRICE_PER_MILLION_TOKENS`.",
    problems: (reader, { needsEmbedder }) => {
      const { given } = reader;
      const provider = chooseProvider(reader);
      if (!needsEmbedder || !given("MAX_COST_USD_PER_DAY") || provider === undefined) return [];
      if (given("EMBEDDING_PRICE_PER_MILLION_TOKENS") || provider === "local") return [];
      if (provider === "openai" && isOpenAiItself(reader)) return [];
      return [{ name: "MAX_COST_USD_PER_DAY", sentence: NO_PRICE }];
    },
  },
  {
    says:
      "A command that explains requires a key for OpenAI's own server, and known prices for `MAX_COST_USD_PER_DAY`, where `LLM_MODEL` is set " +
      "and `EXPLAIN_SEND` is not none.",
    problems: (reader, { asksModel = false }) => {
      const { given, read } = reader;
      if (!asksModel || !given("LLM_MODEL") || read("EXPLAIN_SEND") === "none") return [];
      const hasKey = given("LLM_API_KEY") || (given("OPENAI_API_KEY") && !given("LLM_BASE_URL"));
      const keyless =
        hasKey || !asksOpenAiItself(reader)
          ? []
          : [{ name: "LLM_API_KEY" as const, sentence: NO_MODEL_KEY }];
      const isPriced = !given("MAX_COST_USD_PER_DAY") || given("LLM_PRICE_INPUT_PER_MILLION");
      const unpriced = isPriced
        ? []
        : [{ name: "MAX_COST_USD_PER_DAY" as const, sentence: NO_MODEL_PRICE }];
      return [...keyless, ...unpriced];
    },
  },
];

/** Settings that lack or contradict others, by their own rows and by the rules, each with the remedy. */
export function combinationProblems(reader: SettingReader, needs: Needs): Problem[] {
  const required = SETTING_NAMES.filter(reader.given).flatMap((name) =>
    (SETTINGS[name].requires ?? []).flatMap(({ unmet, problem }) => {
      const fact = unmet(reader);
      return fact === undefined ? [] : [problem(name, fact)];
    }),
  );
  return [
    // Several settings may require one that is missing.
    ...required.filter(({ name }, at) => required.findIndex((one) => one.name === name) === at),
    ...RULES.flatMap(({ problems }) => problems(reader, needs)),
  ];
}

/** What is allowed and yet likely a mistake. `serves`: the command serves HTTP. */
export function warningsOn(
  config: Config,
  { unknown }: Sources,
  { serves = false }: { serves?: boolean },
): string[] {
  return [
    ...unknown.map(({ name, origin, nearest }) => {
      const guess = nearest === undefined ? "" : `; is ${nearest} meant?`;
      return `${name} (${origin}) is not a setting and has no effect${guess}`;
    }),
    ...uncheckedCertificate(config),
    ...guessableKey(config),
    ...tooLongForCycle(config),
    ...(serves ? [...guessableToken(config), ...plainHttp(config)] : []),
  ];
}

function uncheckedCertificate({ opensearch: { urls, tls } }: Config): string[] {
  if (tls.verify || urls.every((url) => url.startsWith("http:"))) return [];
  return ["OPENSEARCH_TLS_VERIFY is false: the server's certificate is not checked"];
}

function guessableKey({ stampKey }: Config): string[] {
  if (!stampKey || !/change-?me|(.)\1{15}/i.test(stampKey)) return [];
  return [
    "STAMP_KEY is an example value: anyone who may index documents can forge stamps and give texts vectors of their choice. " +
      "Make one by openssl rand -hex 32",
  ];
}

function tooLongForCycle({ limits: { tokensPerCycle }, embedding }: Config): string[] {
  const longest = embedding?.maxTokensPerText;
  if (!tokensPerCycle || !longest || longest <= tokensPerCycle) return [];
  return [
    `MAX_TOKENS_PER_CYCLE is ${tokensPerCycle}: a text that is longer never gets its vector by a cycle; ` +
      `EMBEDDING_MAX_TOKENS_PER_TEXT (${longest}) may be lowered to that`,
  ];
}

/** 22 characters of 64 have 128 bits. */
const ENOUGH_CHARACTERS = 22;
/** 22 random hex digits have fewer different ones about once in a thousand times. */
const ENOUGH_DIFFERENT = 8;
/** Words in example tokens and invented ones. */
const WORDS =
  /change|example|password|passwort|secret|token|replace|your|admin|qwerty|letmein|12345|abcde/i;

function guessableToken({ http }: Config): string[] {
  const weakness = http?.token === undefined ? undefined : weaknessOf(http.token);
  if (!http || weakness === undefined) return [];
  const refusal = isLoopback(http.host)
    ? ""
    : ". From the next major version on it is refused where HTTP_HOST is not a loopback address";
  return [
    `HTTP_TOKEN ${weakness}, so it may be guessed; make one that is not: openssl rand -hex 24${refusal}`,
  ];
}

function weaknessOf(token: string): string | undefined {
  if (WORDS.test(token)) return "is made of words or looks like an example's";
  if (token.length < ENOUGH_CHARACTERS) return `has fewer than ${ENOUGH_CHARACTERS} characters`;
  const different = new Set(token).size;
  return different < ENOUGH_DIFFERENT ? `has only ${different} different characters` : undefined;
}

function plainHttp({ http }: Config): string[] {
  if (!http || isLoopback(http.host) || http.trustedProxies.length > 0) return [];
  return [
    `HTTP_HOST ${http.host} is served over plain HTTP: anyone on the network path can read the token and all that is shown. ` +
      "Put a proxy with TLS before it, and name that in TRUSTED_PROXIES",
  ];
}
