import { setTimeout as sleep } from "node:timers/promises";

import { openKafka } from "../../src/adapters/kafka/kafka.ts";

const GIVE_UP_MS = 60_000;
const ASK_EVERY_MS = 200;

export type FreshLog = { log_id: string; index: string; text: string };

type Place = { url: string; broker: string; topic: string; index: string; signal: AbortSignal };

/** The topic that log shippers write to, made where it is not there. */
export async function ensureTopic({ broker, topic, signal }: Omit<Place, "url" | "index">) {
  await withKafka(broker, async ({ topics }) => {
    if (!(await topics.describe([topic], signal)).has(topic)) await topics.create(topic, 3, signal);
  });
}

async function withKafka(
  broker: string,
  use: (kafka: ReturnType<typeof openKafka>) => Promise<void>,
): Promise<void> {
  const kafka = openKafka({ brokers: [broker], clientId: "fresh-log" });
  try {
    await use(kafka);
  } finally {
    await kafka.close();
  }
}

/** Does what a log shipper and Logstash do: the ERROR goes to the topic, and a little later its document is indexed. */
export async function sendFreshLog(place: Place, text: string): Promise<FreshLog> {
  const { url, broker, topic, index, signal } = place;
  const id = crypto.randomUUID();
  const log = {
    log_id: id,
    "@timestamp": new Date().toISOString(),
    level: "ERROR",
    "service.name": "checkout",
    message: text,
  };
  await withKafka(broker, async ({ publisher }) => {
    const value = Buffer.from(JSON.stringify(log));
    await publisher.publish([{ topic, key: Buffer.from(id), value, headers: [] }], signal);
  });
  await send(`${url}/${index}/_doc/${id}`, "PUT", log, signal);
  return { log_id: id, index, text };
}

/** Asks until the document has its vector; how long that took in seconds, or undefined where it does not come. */
export async function waitForVector(
  { url, signal }: Pick<Place, "url" | "signal">,
  { index, log_id: id }: FreshLog,
): Promise<number | undefined> {
  const startedAt = Date.now();
  while (Date.now() - startedAt < GIVE_UP_MS) {
    const path = `${url}/${index}/_doc/${id}?_source_includes=log_vector_meta`;
    const answer = await send(path, "GET", undefined, signal);
    if (answer.includes('"model"')) return (Date.now() - startedAt) / 1000;
    await sleep(ASK_EVERY_MS, undefined, { signal });
  }
  return undefined;
}

async function send(url: string, method: string, body: unknown, signal: AbortSignal) {
  const response = await fetch(url, {
    method,
    headers: { "content-type": "application/json" },
    signal,
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  const text = await response.text();
  if (!response.ok) throw new Error(`${method} ${url}: ${response.status} ${text.slice(0, 300)}`);
  return text;
}
