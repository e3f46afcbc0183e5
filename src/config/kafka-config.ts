import type { IndexTemplate } from "./index-template.ts";
import type { SettingReader } from "./setting-reader.ts";
import type { SettingValue } from "./settings.ts";

const CLIENT_ID = "log-vectorizer";

const SASL_MECHANISMS = {
  plain: "PLAIN",
  "scram-sha-256": "SCRAM-SHA-256",
  "scram-sha-512": "SCRAM-SHA-512",
} as const;

export type KafkaConfig = {
  connection: {
    /** host:port, IPv6 in brackets. */
    brokers: string[];
    clientId: string;
    /** Absent: plaintext. */
    tls?: { caFile?: string };
    sasl?: {
      mechanism: (typeof SASL_MECHANISMS)[keyof typeof SASL_MECHANISMS];
      username: string;
      password: string;
    };
  };
  topics: string[];
  group: string;
  deadLetterTopic: string;
  from: SettingValue<"KAFKA_FROM">;
  backfillTopic: string;
};

export type TailConfig = {
  batchSize: number;
  batchTimeoutMs: number;
  idField: string;
  /** Absent: documents are looked up by id. */
  indexTemplate?: IndexTemplate;
  /** Path of a JSON file. */
  messageSchemaFile?: string;
};

/** Undefined without brokers. */
export function kafkaConfig(reader: SettingReader): KafkaConfig | undefined {
  const { read, need } = reader;
  const brokers = read("KAFKA_BOOTSTRAP_SERVERS");
  if (brokers === undefined) return undefined;
  return {
    connection: { brokers, clientId: CLIENT_ID, ...tls(reader), ...sasl(reader) },
    topics: need("KAFKA_TOPIC"),
    group: need("CONSUMER_GROUP_ID"),
    deadLetterTopic: need("KAFKA_DLQ_TOPIC"),
    from: need("KAFKA_FROM"),
    backfillTopic: need("KAFKA_BACKFILL_TOPIC"),
  };
}

function tls({ read, need }: SettingReader): Pick<KafkaConfig["connection"], "tls"> {
  if (!need("KAFKA_SSL")) return {};
  const caFile = read("KAFKA_CA_FILE");
  return { tls: { ...(caFile !== undefined && { caFile }) } };
}

function sasl({ read }: SettingReader): Pick<KafkaConfig["connection"], "sasl"> {
  const mechanism = read("KAFKA_SASL_MECHANISM");
  const [username, password] = [read("KAFKA_SASL_USERNAME"), read("KAFKA_SASL_PASSWORD")];
  if (mechanism === undefined || username === undefined || password === undefined) return {};
  return { sasl: { mechanism: SASL_MECHANISMS[mechanism], username, password } };
}

/** How the tail works, also where no brokers are set. */
export function tailConfig({ read, need }: SettingReader): TailConfig {
  const indexTemplate = read("TAIL_INDEX");
  const messageSchemaFile = read("TAIL_MESSAGE_SCHEMA");
  return {
    batchSize: need("ENRICHMENT_BATCH_SIZE"),
    batchTimeoutMs: Math.round(need("ENRICHMENT_BATCH_TIMEOUT") * 1000),
    idField: need("TAIL_ID_FIELD"),
    ...(indexTemplate !== undefined && { indexTemplate }),
    ...(messageSchemaFile !== undefined && { messageSchemaFile }),
  };
}
