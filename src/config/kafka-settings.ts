import { kafkaAddresses } from "./addresses.ts";
import { indexTemplate } from "./index-template.ts";
import * as kinds from "./kinds.ts";
import type { Setting } from "./setting.ts";

const group = "Kafka tail";

/** Suffix of the topic that elects the publishing scheduler. */
export const LEADER_TOPIC_SUFFIX = "-leader";

/** Settings without effect unless the first is set. */
export const KAFKA_TAIL_SETTINGS = {
  KAFKA_BOOTSTRAP_SERVERS: {
    group,
    description: "Kafka brokers to begin with, comma-separated; setting them turns the tail on.",
    otherwise: "no tail",
    placeholder: "<brokers>",
    address: true,
    kind: kafkaAddresses,
  },
  KAFKA_TOPIC: {
    group,
    description: "Topics with application logs, comma-separated.",
    default: "application-logs",
    placeholder: "<topics>",
    kind: kinds.topicNames,
  },
  CONSUMER_GROUP_ID: {
    group,
    description: "Consumer group in which the processes of the tail share the partitions.",
    default: "ai-enrichment-consumer",
    placeholder: "<group>",
    kind: kinds.matching(/^\S+$/, "the name of a group, without blanks"),
  },
  KAFKA_DLQ_TOPIC: {
    group,
    description: "Topic for dead letters: messages that can never be worked on.",
    default: "application-logs-dlq",
    placeholder: "<topic>",
    kind: kinds.topicName(),
  },
  KAFKA_SSL: {
    group,
    description: "Connect to Kafka by TLS.",
    default: "false",
    placeholder: "<true|false>",
    kind: kinds.boolean,
  },
  KAFKA_CA_FILE: {
    group,
    description: "Certificate authority to trust, a PEM file.",
    otherwise: "the authorities that Node.js trusts",
    placeholder: "<path>",
    file: true,
    kind: kinds.text("the path of a readable file"),
  },
  KAFKA_SASL_MECHANISM: {
    group,
    description: "How to log in to Kafka.",
    otherwise: "no login",
    placeholder: "<mechanism>",
    kind: kinds.oneOf(["plain", "scram-sha-256", "scram-sha-512"]),
  },
  KAFKA_SASL_USERNAME: {
    group,
    description: "User name to log in with.",
    placeholder: "<name>",
    kind: kinds.text("a user name of one line"),
  },
  KAFKA_SASL_PASSWORD: {
    group,
    description: "Password of that user.",
    placeholder: "<password>",
    secret: true,
    kind: kinds.text("a password of one line"),
  },
  KAFKA_FROM: {
    group,
    description: "Where a group without committed offsets begins.",
    default: "earliest",
    placeholder: "<earliest|latest>",
    kind: kinds.oneOf(["earliest", "latest"]),
  },
  ENRICHMENT_BATCH_SIZE: {
    group,
    description: "Logs that make a batch of the tail full.",
    default: "50",
    placeholder: "<logs>",
    kind: kinds.integer(1, 1000),
  },
  ENRICHMENT_BATCH_TIMEOUT: {
    group,
    description: "Seconds after which a batch of the tail is sent though it is not full.",
    default: "5",
    placeholder: "<seconds>",
    kind: kinds.decimal(0.05, 300, "2.5"),
  },
  TAIL_MESSAGE_SCHEMA: {
    group,
    description: "JSON Schema file; a message that does not match it is a dead letter.",
    otherwise: "no schema",
    placeholder: "<path>",
    file: "json",
    kind: kinds.text("the path of a readable JSON Schema file"),
  },
  TAIL_ID_FIELD: {
    group,
    description: "Field of a message with the id of its document.",
    default: "log_id",
    placeholder: "<field>",
    kind: kinds.fieldPath,
  },
  TAIL_INDEX: {
    group,
    description: "Index of a message's document, made of the message's fields; dates are in UTC.",
    otherwise: "looked up by id over the index pattern",
    placeholder: "<template>",
    kind: indexTemplate,
  },
} satisfies Record<string, Setting>;
