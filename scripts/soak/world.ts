import type { TestContext } from "node:test";
import { openKafka } from "../../src/adapters/kafka/kafka.ts";
import { planted } from "../../test/support/asserts/leaks.ts";
import { startOpenSearchFaults } from "../../test/support/servers/open-search-faults.ts";
import { startOwnBroker } from "../../test/support/servers/own-broker.ts";
import { startOwnOpenSearch } from "../../test/support/servers/own-open-search.ts";
import { startStubEmbeddingServer } from "../../test/support/servers/stub-embedding-server.ts";
import { openCluster, type Cluster } from "./cluster.ts";

export const DIMENSIONS = 16;
export const INDICES = ["soak_app_logs", "soak_web_logs"] as const;
export const GROUP = "soak-tail";
const TOPIC = "soak-logs";
const LETTERS = "soak-logs-dlq";
const PARTITIONS = 3;
const EMBEDDER_DELAY_MS = 40;

export type World = Awaited<ReturnType<typeof openWorld>>;

/** Real OpenSearch and Kafka, an embedder, and what stands between them and the processes. */
export async function openWorld(stack: AsyncDisposableStack, signal: AbortSignal) {
  const cleanup = cleanupOf(stack);
  const openSearch = await startOwnOpenSearch(cleanup);
  const { url, version } = openSearch;
  const broker = await startOwnBroker(cleanup);
  signal.throwIfAborted();
  const proxy = await startOpenSearchFaults(cleanup, url);
  const stub = stack.use(
    await startStubEmbeddingServer({ delayMs: EMBEDDER_DELAY_MS, dimensions: DIMENSIONS }),
  );
  const kafka = openKafka({ brokers: [broker.address], clientId: "soak" });
  stack.defer(async () => {
    await kafka.close();
  });
  await kafka.topics.create(TOPIC, PARTITIONS, signal);
  await kafka.topics.create(LETTERS, 1, signal);
  const cluster = openCluster(url);
  for (const index of INDICES) await createIndex(cluster, index);
  const settings = {
    OPENSEARCH_URL: proxy.url,
    OPENSEARCH_USER: "soak",
    OPENSEARCH_PASSWORD: planted("opensearch-password"),
    OPENSEARCH_INDEX_PATTERN: "soak_*",
    OPENSEARCH_TIMEOUT_SECONDS: "10",
    EMBEDDING_DIMENSIONS: String(DIMENSIONS),
    EMBEDDING_TIMEOUT_SECONDS: "3",
    OPENAI_BASE_URL: stub.openAiBaseUrl,
    KAFKA_BOOTSTRAP_SERVERS: broker.address,
    KAFKA_TOPIC: TOPIC,
    KAFKA_DLQ_TOPIC: LETTERS,
    CONSUMER_GROUP_ID: GROUP,
    ENRICHMENT_BATCH_TIMEOUT: "0.5",
    BACKFILL_SCHEDULE: "*/5 * * * * *",
    BACKFILL_MIN_AGE_SECONDS: "20",
    LOG_FORMAT: "json",
    LOG_LEVEL: "debug",
    LOG_FILE: "",
    HTTP_PORT: "0",
  };
  return {
    openSearch,
    version,
    broker,
    proxy,
    stub,
    kafka,
    cluster,
    settings,
    topic: TOPIC,
    letters: LETTERS,
  };
}

/** The helpers of the tests clean up after a test; here it is after the run. */
function cleanupOf(stack: AsyncDisposableStack): Pick<TestContext, "after"> {
  return {
    after(hook) {
      stack.defer(async () => {
        if (hook) await Reflect.apply(hook, undefined, []);
      });
    },
  };
}

async function createIndex({ send }: Cluster, index: string): Promise<void> {
  await send("PUT", `/${index}`, {
    settings: { "index.knn": true, number_of_shards: 1, number_of_replicas: 0 },
    mappings: {
      properties: {
        "@timestamp": { type: "date" },
        level: { type: "keyword" },
        message: { type: "text" },
      },
    },
  });
}
