import { Fault, type FaultKind } from "../../domain/faults.ts";
import { presentable } from "../http/server-message.ts";

/** For messages, which contain none of `secrets`. */
export type FaultContext = {
  /** `Kafka at host:port` */
  at: string;
  secrets: readonly string[];
};

/** An error of the library or of Node, reduced to what decides its kind. */
type ErrorDetail = { apiId: string; code: string; message: string };

type Classification = { kind: FaultKind; message?: string; hint?: string };

const UNKNOWN_TOPIC = /^Unknown topic (.+)\.$/;
const CREDENTIALS_HINT = "Check KAFKA_SASL_MECHANISM, KAFKA_SASL_USERNAME and KAFKA_SASL_PASSWORD.";
const ACCESS_HINT =
  "The user lacks a permission: Read on the topics and the group, Write on the topics it publishes to.";
const MISSING_TOPIC_HINT =
  "The log pipeline creates KAFKA_TOPIC, and `log-vectorizer init` creates KAFKA_DLQ_TOPIC and KAFKA_BACKFILL_TOPIC; check the names for a typing error.";

const CLASSIFICATION_OF_API: Record<string, Classification> = {
  SASL_AUTHENTICATION_FAILED: { kind: "credentials", hint: CREDENTIALS_HINT },
  TOPIC_AUTHORIZATION_FAILED: { kind: "credentials", hint: ACCESS_HINT },
  GROUP_AUTHORIZATION_FAILED: { kind: "credentials", hint: ACCESS_HINT },
  CLUSTER_AUTHORIZATION_FAILED: { kind: "credentials", hint: ACCESS_HINT },
  UNSUPPORTED_SASL_MECHANISM: {
    kind: "configuration",
    message: "the broker does not take this SASL mechanism",
    hint: "Set KAFKA_SASL_MECHANISM to one that the broker is set up for.",
  },
  ILLEGAL_SASL_STATE: {
    kind: "configuration",
    message: "the broker wants no SASL on this port",
    hint: "Unset KAFKA_SASL_MECHANISM, or give the port of a SASL listener in KAFKA_BOOTSTRAP_SERVERS.",
  },
  UNKNOWN_TOPIC_OR_PARTITION: {
    kind: "configuration",
    message: "a topic does not exist",
    hint: MISSING_TOPIC_HINT,
  },
  INVALID_TOPIC_EXCEPTION: { kind: "configuration", hint: "Kafka takes no such topic name." },
  INVALID_PARTITIONS: { kind: "configuration" },
  INVALID_REPLICATION_FACTOR: { kind: "configuration" },
  POLICY_VIOLATION: { kind: "configuration" },
  INVALID_GROUP_ID: { kind: "configuration", hint: "Check CONSUMER_GROUP_ID." },
  INVALID_SESSION_TIMEOUT: {
    kind: "configuration",
    hint: "The broker's group.min.session.timeout.ms must not be above 6000.",
  },
  INCONSISTENT_GROUP_PROTOCOL: {
    kind: "configuration",
    hint: "Another program is in this group: give CONSUMER_GROUP_ID a name of its own.",
  },
  MESSAGE_TOO_LARGE: {
    kind: "record",
    message: "a message is larger than the topic takes",
    hint: "Raise max.message.bytes of the topic.",
  },
  RECORD_LIST_TOO_LARGE: { kind: "record", message: "a message is larger than the topic takes" },
  INVALID_RECORD: { kind: "record" },
  THROTTLING_QUOTA_EXCEEDED: { kind: "rate" },
};

/** By the error text, where the broker sent no error code; the first match counts. */
const CLASSIFICATIONS_BY_TEXT: readonly (readonly [RegExp, Classification])[] = [
  [
    /self.signed|SELF_SIGNED|UNABLE_TO_|CERT_|ALTNAME|DEPTH_ZERO/i,
    {
      kind: "configuration",
      message: "its certificate was not accepted",
      hint: "Give the authority's certificate as KAFKA_CA_FILE, and the broker's name as in its certificate in KAFKA_BOOTSTRAP_SERVERS.",
    },
  ],
  [
    /Broker requires TLS/,
    { kind: "configuration", message: "the broker speaks TLS", hint: "Set KAFKA_SSL=true." },
  ],
  [
    /EPROTO|ERR_SSL|wrong version number|SSL routines|TLS handshake|secure TLS connection/i,
    {
      kind: "configuration",
      message: "no TLS handshake",
      hint: "Does it speak plain Kafka? Then KAFKA_SSL=false, or give the port of its TLS listener.",
    },
  ],
  [
    /SASL authentication failed|Invalid server signature/,
    { kind: "credentials", message: "user or password refused", hint: CREDENTIALS_HINT },
  ],
  [
    /ECONNREFUSED/,
    {
      kind: "outage",
      message: "connection refused",
      hint: "Is Kafka running? Check KAFKA_BOOTSTRAP_SERVERS.",
    },
  ],
  [
    /ENOTFOUND|EAI_AGAIN/,
    {
      kind: "outage",
      message: "the host name cannot be resolved",
      hint: "Check KAFKA_BOOTSTRAP_SERVERS for a typing error.",
    },
  ],
  [
    /timed out|ETIMEDOUT/i,
    {
      kind: "outage",
      message: "no answer in time",
      hint: "Is the address right and reachable? Check KAFKA_BOOTSTRAP_SERVERS.",
    },
  ],
  [
    /Connection closed|ECONNRESET|EPIPE/,
    {
      kind: "outage",
      message: "the connection broke",
      hint: "If it always does: does the broker want TLS (KAFKA_SSL) or a user (KAFKA_SASL_MECHANISM)?",
    },
  ],
];

/** Any error of the library as a Fault. */
export function toFault(error: unknown, { at, secrets }: FaultContext): Fault {
  if (error instanceof Fault) return error;
  const details = errorDetails(error);
  const { kind, message, hint } = classify(details);
  const reason = presentable(message ?? (details.at(-1)?.message || "no reason given"), {
    secrets,
    texts: [],
  });
  return new Fault(kind, `${at}: ${reason}`, { ...(hint !== undefined && { hint }), cause: error });
}

/** The fault of a call without an answer. */
export function unanswered({ at }: FaultContext, stopped: boolean): Fault {
  if (stopped) return new Fault("outage", `${at}: stopped before it answered`);
  return new Fault("outage", `${at}: no answer in time`, {
    hint: "Is the address right and reachable? Check KAFKA_BOOTSTRAP_SERVERS.",
  });
}

/** Whether a topic does not exist; the library's own error shows it by its message only. */
export function isMissingTopic(error: unknown): boolean {
  return errorDetails(error).some(
    ({ apiId, message }) => apiId === "UNKNOWN_TOPIC_OR_PARTITION" || UNKNOWN_TOPIC.test(message),
  );
}

/** Whether the group's coordinator is moving to another broker. */
export function isCoordinatorMoving(error: unknown): boolean {
  return ["COORDINATOR_LOAD_IN_PROGRESS", "COORDINATOR_NOT_AVAILABLE", "NOT_COORDINATOR"].some(
    (apiId) => hasApiId(error, apiId),
  );
}

/** Whether any nested error has this code of the broker. */
export function hasApiId(error: unknown, apiId: string): boolean {
  return errorDetails(error).some((trouble) => trouble.apiId === apiId);
}

function classify(details: readonly ErrorDetail[]): Classification {
  for (const { message } of details) {
    const topic = UNKNOWN_TOPIC.exec(message)?.[1];
    if (topic !== undefined) return missingTopic(topic);
  }
  // A refusal outweighs its consequences, such as the connection that the broker closes after it.
  const known = details.flatMap(({ apiId }) => CLASSIFICATION_OF_API[apiId] ?? []);
  const refused = known.find(({ kind }) => kind !== "credentials") ?? known[0];
  if (refused) return { message: brokerMessage(details), ...refused };
  const words = details.map(({ code, message }) => `${code} ${message}`).join("\n");
  return (
    CLASSIFICATIONS_BY_TEXT.find(([pattern]) => pattern.test(words))?.[1] ?? { kind: "outage" }
  );
}

function missingTopic(topic: string): Classification {
  return {
    kind: "configuration",
    message: `there is no topic ${topic}`,
    hint: MISSING_TOPIC_HINT,
  };
}

export function missingTopicFault(topic: string, { at }: FaultContext): Fault {
  const { kind, message, hint } = missingTopic(topic);
  return new Fault(kind, `${at}: ${message}`, hint === undefined ? {} : { hint });
}

function brokerMessage(details: readonly ErrorDetail[]): string {
  const { apiId, message } = details.find(({ apiId: id }) => id in CLASSIFICATION_OF_API) ?? {};
  return `${apiId}: ${message}`;
}

/** The error with its aggregated errors and causes, outermost first; the library nests both ways. */
function errorDetails(error: unknown, depth = 0): ErrorDetail[] {
  if (!(error instanceof Error) || depth > 8) {
    return depth === 0 ? [{ apiId: "", code: "", message: String(error) }] : [];
  }
  const inner: unknown[] = error instanceof AggregateError ? error.errors : [];
  const own = {
    apiId: textOf(error, "apiId"),
    code: textOf(error, "code"),
    message: textOf(error, "serverErrorMessage") || error.message,
  };
  return [own, ...[...inner, error.cause].flatMap((one) => errorDetails(one, depth + 1))];
}

function textOf(error: object, field: string): string {
  const value: unknown = Reflect.get(error, field);
  return typeof value === "string" ? value : "";
}
