import { readFile } from "node:fs/promises";
import { isIP } from "node:net";
import type { BaseOptions } from "@platformatic/kafka";
import { Fault } from "../../domain/faults.ts";

/** `brokers`: host:port each, IPv6 in brackets. */
export type KafkaSettings = {
  brokers: string[];
  clientId: string;
  /** Absent: plaintext. Without a file: the authorities that Node trusts. */
  tls?: { caFile?: string };
  sasl?: {
    mechanism: "PLAIN" | "SCRAM-SHA-256" | "SCRAM-SHA-512";
    username: string;
    password: string;
  };
};

const CONNECT_TIMEOUT_MS = 5000;
/** Longer than a group's rebalance, which the broker answers only at its end. */
const REQUEST_TIMEOUT_MS = 30_000;
/** How long a partition's leader may wait for its replicas. */
const REPLICAS_TIMEOUT_MS = 10_000;
/** Few and short, because the library's retries nest. */
const RETRIES = 4;
const RETRY_MS = 50;

/** Options of every client. Throws a Fault where the CA file cannot be read. */
export async function clientOptions(settings: KafkaSettings): Promise<BaseOptions> {
  const { brokers, clientId, tls, sasl } = settings;
  return {
    clientId,
    bootstrapBrokers: [...brokers],
    connectTimeout: CONNECT_TIMEOUT_MS,
    requestTimeout: REQUEST_TIMEOUT_MS,
    timeout: REPLICAS_TIMEOUT_MS,
    retries: RETRIES,
    retryDelay: (_client, _operation, attempt) => RETRY_MS * 2 ** attempt,
    autocreateTopics: false,
    // Node warns when an IP address is sent as the TLS server name.
    ...(tls && { tls: await tlsOptions(tls), tlsServerName: !brokers.some(isAddress) }),
    ...(sasl && { sasl: { ...sasl } }),
  };
}

function isAddress(broker: string): boolean {
  return broker.startsWith("[") || isIP(broker.replace(/:\d*$/, "")) !== 0;
}

async function tlsOptions({ caFile }: NonNullable<KafkaSettings["tls"]>) {
  if (caFile === undefined) return {};
  try {
    return { ca: await readFile(caFile) };
  } catch (error) {
    throw new Fault("configuration", `Kafka: the CA file ${caFile} cannot be read`, {
      hint: "Check KAFKA_CA_FILE.",
      cause: error,
    });
  }
}
