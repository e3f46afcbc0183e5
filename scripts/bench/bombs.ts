import { randomUUID } from "node:crypto";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { Producer } from "@platformatic/kafka";
import { openKafka } from "../../src/adapters/kafka/kafka.ts";
import { DIMENSIONS, MAIN, type Bench } from "./bench.ts";
import { withIndex, type BenchIndex } from "./index.ts";
import { startProgram } from "./program.ts";

const CODECS = ["gzip", "zstd", "lz4", "snappy"] as const;
/** A batch of the broker's default size cannot hold what lz4 and snappy make of zeros: they pack less. */
const SHARES = { gzip: 1, zstd: 1, lz4: 0.2, snappy: 0.1 } as const;
const MOST_MEGABYTES = { gzip: 1000, zstd: 1000, lz4: 200, snappy: 15 } as const;
const POLL_MS = 50;
const SENDING_MS = 120_000;

export type Bombed = { codec: string; megabytes: number; peak_megabytes: number };

/** The most memory of a tail that is sent one batch of zeros, of each codec. Throws where it does not read past it. */
export async function measureBombs(bench: Bench, megabytes: number): Promise<Bombed[]> {
  const kafka = openKafka({ brokers: [await bench.broker()], clientId: "bench" });
  try {
    const peaks: Bombed[] = [];
    for (const codec of CODECS) {
      const own = Math.min(Math.round(megabytes * SHARES[codec]), MOST_MEGABYTES[codec]);
      bench.say(`A bomb of ${codec}: ${own} MB of zeros`);
      const peak = await withIndex(bench, (index) =>
        bombTail({ ...bench, kafka }, index, { codec, bytes: own * 1e6 }),
      );
      bench.say(`  ${peak} MB`);
      peaks.push({ codec, megabytes: own, peak_megabytes: peak });
    }
    return peaks;
  } finally {
    await kafka.close();
  }
}

async function bombTail(
  bench: Bench & { kafka: ReturnType<typeof openKafka> },
  index: BenchIndex,
  { codec, bytes }: { codec: (typeof CODECS)[number]; bytes: number },
): Promise<number> {
  const { kafka, signal } = bench;
  const topic = `bench-bomb-${codec}-${randomUUID()}`;
  await kafka.topics.create(topic, 1, signal);
  await kafka.topics.create(`${topic}-dlq`, 1, signal);
  const producer = new Producer({
    clientId: "bench",
    bootstrapBrokers: [await bench.broker()],
    timeout: SENDING_MS,
  });
  try {
    const messages = [{ topic, partition: 0, value: Buffer.alloc(bytes) }];
    await producer.send({ messages, compression: codec, acks: -1 });
  } finally {
    await producer.close(true);
  }
  await using tail = startProgram(process.execPath, [MAIN, "tail"], {
    OPENSEARCH_URL: await bench.openSearch(),
    OPENSEARCH_INDEX_PATTERN: index.name,
    EMBEDDING_DIMENSIONS: String(DIMENSIONS),
    OPENAI_BASE_URL: await bench.embedder(0),
    KAFKA_BOOTSTRAP_SERVERS: await bench.broker(),
    KAFKA_TOPIC: topic,
    KAFKA_DLQ_TOPIC: `${topic}-dlq`,
    CONSUMER_GROUP_ID: topic,
    LOG_FILE: "",
    LOG_LEVEL: "error",
    HTTP_PORT: "0",
    STATE_DIR: join(bench.folder, topic),
  });
  const finished = { group: topic, streams: [topic], from: "earliest" } as const;
  for (;;) {
    const rows = await kafka.topics.lag(finished, signal);
    if (rows.every(({ lag }) => lag === 0)) return tail.peakMegabytes();
    if (!tail.runs()) throw new Error(`the tail ended at a bomb of ${codec}`);
    await sleep(POLL_MS, undefined, { signal });
  }
}
