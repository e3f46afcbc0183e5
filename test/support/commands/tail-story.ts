import assert from "node:assert/strict";
import type { TestContext } from "node:test";
import { z } from "zod";
import { eventually } from "../asserts/eventually.ts";
import {
  openKafkaFixture,
  type KafkaFixture,
  type ProducedMessage,
} from "../servers/kafka-fixture.ts";
import {
  DIMENSIONS,
  newestOpenSearch,
  type OpenSearchFixture,
} from "../servers/open-search-fixture.ts";
import { startVectorizer, type RunningCommand } from "./run-command.ts";
import { textsWithVector } from "../asserts/stored-vectors.ts";
import {
  startStubEmbeddingServer,
  type StubEmbeddingServer,
} from "../servers/stub-embedding-server.ts";

/** A log as shippers send it and Logstash stores it. */
export type FreshLog = {
  log_id: string;
  message: string;
  level: string;
  "@timestamp": string;
  [field: string]: unknown;
};

type Env = Record<string, string | undefined>;

/** Kafka with a topic of logs, OpenSearch with the index that they are stored in, and an embedder. */
export type TailStory = {
  kafka: KafkaFixture;
  logs: OpenSearchFixture;
  stub: StubEmbeddingServer;
  topic: string;
  /** The topic of dead letters. */
  letters: string;
  group: string;
  index: string;
  env: Record<string, string>;
  /** What Logstash does: each log becomes the document of its id. */
  store(logs: readonly FreshLog[], index?: string): Promise<void>;
  /** What a log shipper does, by turns to all partitions. */
  send(logs: readonly FreshLog[], topic?: string): Promise<void>;
  sendRaw(messages: readonly (ProducedMessage | string)[], topic?: string): Promise<void>;
  /** Starts the command and waits until the group has settled. */
  tail(env?: Env, args?: readonly string[]): Promise<RunningCommand>;
  /** The texts in the index that have their vector, sorted. */
  vectors(index?: string): Promise<string[]>;
  untilVectors(count: number, index?: string): Promise<void>;
  /** How often each document was written, by id. */
  versions(index?: string): Promise<Map<string, number>>;
  /** By partition; 0 where the group has finished nothing. */
  committed(of?: Reading): Promise<number[]>;
  /** Waits until the group has finished everything that the topic holds. */
  untilFinished(of?: Reading): Promise<void>;
  /** Every text that was sent to the embedder, as often as it was. */
  embedded(): string[];
};

/** Default: the story's own. */
type Reading = { topic?: string; group?: string };

type Options = {
  partitions?: number;
  /** host:port of another broker than the run's. */
  broker?: string;
  /** Milliseconds that the embedder takes. */
  delayMs?: number;
  /** False: nobody has created the topic of dead letters. */
  withLetters?: boolean;
};

export async function openTailStory(t: TestContext, options: Options = {}): Promise<TailStory> {
  const { partitions = 1, broker, delayMs = 0, withLetters = true } = options;
  const [kafka, logs] = await Promise.all([openKafkaFixture(t, broker), newestOpenSearch(t)]);
  const stub = await startStubEmbeddingServer({ dimensions: DIMENSIONS, delayMs });
  t.after(() => stub.close());
  const topic = await kafka.createTopic("logs", partitions);
  const letters = kafka.name("logs-dlq");
  if (withLetters) await kafka.createTopic("logs-dlq");
  const index = logs.name("app");
  await logs.create(index);
  const group = kafka.name("tail");
  const { EMBEDDING_PROVIDER: _, EMBEDDING_MODEL: _model, ...openSearch } = logs.env;
  const env = {
    ...openSearch,
    ...kafka.env,
    OPENAI_BASE_URL: stub.openAiBaseUrl,
    KAFKA_TOPIC: topic,
    KAFKA_DLQ_TOPIC: letters,
    KAFKA_BACKFILL_TOPIC: kafka.name("backlog"),
    CONSUMER_GROUP_ID: group,
    ENRICHMENT_BATCH_TIMEOUT: "0.2",
    LOG_FORMAT: "json",
  };
  const parts = { kafka, logs, stub, topic, letters, group, index, env };
  return { ...parts, ...actions(t, parts) };
}

type Parts = Pick<
  TailStory,
  "kafka" | "logs" | "stub" | "topic" | "letters" | "group" | "index" | "env"
>;

function actions(t: TestContext, parts: Parts): Omit<TailStory, keyof Parts> {
  const { kafka, logs, stub, topic, group, index, env } = parts;
  const vectors = (of = index) => textsWithVector(logs, of);
  const committed = async (of: Reading = {}) => {
    const offsets = await kafka.committed(of.group ?? group, of.topic ?? topic);
    return offsets.map((offset) => offset ?? 0);
  };
  return {
    store: (documents, into = index) => store(logs, into, documents),
    send: (messages, to = topic) => kafka.produce(to, messages.map(toMessage)),
    sendRaw: (messages, to = topic) => kafka.produce(to, messages),
    async tail(more = {}, args = ["tail"]) {
      const tail = await startVectorizer(t, args, { env: { ...env, ...more } });
      await tail.says(/"event.action":"tail-assigned"/);
      return tail;
    },
    vectors,
    async untilVectors(count, of) {
      await eventually(async () => (await vectors(of)).length === count, t);
    },
    versions: (of = index) => versions(logs, of),
    committed,
    async untilFinished(of = {}) {
      const ends = new Map<number, number>();
      for (const { source } of await kafka.readAll(of.topic ?? topic)) {
        const [partition, end] = [Number(source.lane), Number(source.position) + 1];
        ends.set(partition, Math.max(ends.get(partition) ?? 0, end));
      }
      await eventually(async () => {
        const positions = await committed(of);
        return [...ends].every(([partition, end]) => positions[partition] === end);
      }, t);
    },
    embedded: () => stub.requests.flatMap(({ texts }) => texts),
  };
}

/** A log of level ERROR, a moment old. */
export function freshLog(id: string, message: string): FreshLog {
  return { log_id: id, message, level: "ERROR", "@timestamp": new Date().toISOString() };
}

/** So many of them, with a text of their own each. */
export function freshLogs(name: string, count: number): FreshLog[] {
  return Array.from({ length: count }, (_, i) =>
    freshLog(`${name}-${i}`, `${name}: request ${i} failed`),
  );
}

/** The same a while ago, when the backfill leaves them to the tail no longer. */
export function olderLogs(name: string, count: number): FreshLog[] {
  const before = new Date(Date.now() - 3_600_000).toISOString();
  return freshLogs(name, count).map((log) => ({ ...log, "@timestamp": before }));
}

export function textsOf(logs: readonly FreshLog[]): string[] {
  return logs.map(({ message }) => message).toSorted();
}

export function toMessage(log: FreshLog): string {
  return JSON.stringify(log);
}

async function store(
  logs: OpenSearchFixture,
  index: string,
  documents: readonly FreshLog[],
): Promise<void> {
  const lines = documents.map((log) => {
    const action = { create: { _index: index, _id: log.log_id } };
    return `${JSON.stringify(action)}\n${JSON.stringify(log)}\n`;
  });
  const answer = await logs.send("POST", "/_bulk", lines.join(""));
  assert.equal(answer["errors"], false, JSON.stringify(answer).slice(0, 2000));
}

const versionsShape = z.object({
  hits: z.object({ hits: z.array(z.object({ _id: z.string(), _version: z.number() })) }),
});

async function versions(logs: OpenSearchFixture, index: string): Promise<Map<string, number>> {
  await logs.send("POST", `/${index}/_refresh`);
  const body = { size: 10_000, version: true, _source: false };
  const answer = versionsShape.parse(await logs.send("POST", `/${index}/_search`, body));
  return new Map(answer.hits.hits.map(({ _id: id, _version: version }) => [id, version]));
}
