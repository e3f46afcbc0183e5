import { kafkaAddresses } from "../addresses.ts";
import { indexTemplate } from "../index-template.ts";
import {
  boolean,
  decimal,
  fieldPath,
  integer,
  jsonFile,
  matching,
  oneOf,
  readableFile,
  text,
  topicName,
  topicNames,
} from "../kinds.ts";
import { is, isSet, present } from "../setting.ts";
import type { Settings } from "../setting.ts";
import type { SettingReader } from "../settings.ts";

const WHOLE_LOGIN = "set mechanism, user and password, or none of them";

export const KAFKA_TAIL = {
  KAFKA_BOOTSTRAP_SERVERS: {
    description: "Kafka brokers to begin with, comma-separated; setting them turns the tail on.",
    otherwise: "no tail",
    kind: kafkaAddresses,
  },
  KAFKA_TOPIC: {
    description: "Topics with application logs, comma-separated.",
    default: "application-logs",
    kind: topicNames,
  },
  CONSUMER_GROUP_ID: {
    description: "Consumer group in which the processes of the tail share the partitions.",
    default: "ai-enrichment-consumer",
    kind: matching(/^\S+$/, "the name of a group, without blanks", "group"),
  },
  KAFKA_DLQ_TOPIC: {
    description: "Topic for dead letters: messages that can never be worked on.",
    default: "application-logs-dlq",
    kind: topicName(),
  },
  KAFKA_SSL: {
    description: "Connect to Kafka by TLS.",
    default: "false",
    kind: boolean,
  },
  KAFKA_CA_FILE: {
    description: "Certificate authority to trust, a PEM file.",
    otherwise: "the authorities that Node.js trusts",
    kind: readableFile,
    requires: [is("KAFKA_SSL", "true")],
  },
  KAFKA_SASL_MECHANISM: {
    description: "How to log in to Kafka.",
    otherwise: "no login",
    kind: oneOf(["plain", "scram-sha-256", "scram-sha-512"], "mechanism"),
    requires: [
      isSet("KAFKA_SASL_USERNAME", WHOLE_LOGIN),
      isSet("KAFKA_SASL_PASSWORD", WHOLE_LOGIN),
    ],
  },
  KAFKA_SASL_USERNAME: {
    description: "User name to log in with.",
    kind: text("a user name of one line", "name"),
    requires: [
      isSet("KAFKA_SASL_MECHANISM", WHOLE_LOGIN),
      isSet("KAFKA_SASL_PASSWORD", WHOLE_LOGIN),
    ],
  },
  KAFKA_SASL_PASSWORD: {
    description: "Password of that user.",
    secret: true,
    kind: text("a password of one line", "password"),
    requires: [
      isSet("KAFKA_SASL_MECHANISM", WHOLE_LOGIN),
      isSet("KAFKA_SASL_USERNAME", WHOLE_LOGIN),
    ],
  },
  KAFKA_FROM: {
    description: "Where a group without committed offsets begins.",
    default: "earliest",
    kind: oneOf(["earliest", "latest"]),
  },
  ENRICHMENT_BATCH_SIZE: {
    description: "Logs that make a batch of the tail full.",
    default: "50",
    kind: integer(1, 1000, "logs"),
  },
  ENRICHMENT_BATCH_TIMEOUT: {
    description: "Seconds after which a batch of the tail is sent though it is not full.",
    default: "5",
    kind: decimal(0.05, 300, "2.5", "seconds"),
  },
  TAIL_MESSAGE_SCHEMA: {
    description: "JSON Schema file; a message that does not match it is a dead letter.",
    otherwise: "no schema",
    kind: jsonFile,
  },
  TAIL_ID_FIELD: {
    description: "Field of a message with the id of its document.",
    default: "log_id",
    kind: fieldPath,
  },
  TAIL_INDEX: {
    description: "Index of a message's document, made of the message's fields; dates are in UTC.",
    otherwise: "looked up by id over the index pattern",
    kind: indexTemplate,
  },
} satisfies Settings;

const SASL_MECHANISMS = {
  plain: "PLAIN",
  "scram-sha-256": "SCRAM-SHA-256",
  "scram-sha-512": "SCRAM-SHA-512",
} as const;

/** Undefined without brokers. */
export function kafkaConfig(reader: SettingReader) {
  const { read, need } = reader;
  const brokers = read("KAFKA_BOOTSTRAP_SERVERS");
  if (brokers === undefined) return undefined;
  return {
    connection: {
      /** host:port, IPv6 in brackets. */
      brokers,
      clientId: "log-vectorizer",
      ...present({
        /** Absent: plaintext. */
        tls: need("KAFKA_SSL") ? present({ caFile: read("KAFKA_CA_FILE") }) : undefined,
        sasl: login(reader),
      }),
    },
    topics: need("KAFKA_TOPIC"),
    group: need("CONSUMER_GROUP_ID"),
    deadLetterTopic: need("KAFKA_DLQ_TOPIC"),
    from: need("KAFKA_FROM"),
    backfillTopic: need("KAFKA_BACKFILL_TOPIC"),
  };
}

export type KafkaConfig = NonNullable<ReturnType<typeof kafkaConfig>>;

function login({ read }: SettingReader) {
  const mechanism = read("KAFKA_SASL_MECHANISM");
  const [username, password] = [read("KAFKA_SASL_USERNAME"), read("KAFKA_SASL_PASSWORD")];
  if (mechanism === undefined || username === undefined || password === undefined) return undefined;
  return { mechanism: SASL_MECHANISMS[mechanism], username, password };
}

/** How the tail works, also where no brokers are set. */
export function tailConfig({ read, need }: SettingReader) {
  return {
    batchSize: need("ENRICHMENT_BATCH_SIZE"),
    batchTimeoutMs: Math.round(need("ENRICHMENT_BATCH_TIMEOUT") * 1000),
    idField: need("TAIL_ID_FIELD"),
    ...present({
      /** Absent: documents are looked up by id. */
      indexTemplate: read("TAIL_INDEX"),
      /** Path of a JSON file. */
      messageSchemaFile: read("TAIL_MESSAGE_SCHEMA"),
    }),
  };
}
