import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

import { openKafka } from "../../src/adapters/kafka/kafka.ts";
import { DIMENSIONS, MAIN, type Bench as Shared, type Measured } from "./bench.ts";
import { bestCell, sendBodies, updateBodies } from "./ceiling.ts";
import { createBenchIndex, type BenchIndex } from "./index.ts";
import { indexLogs, makeLogs, produceLogs } from "./logs.ts";
import { startProgram, type Program } from "./program.ts";
import { ratio, round } from "./samples.ts";

const EMBEDDER_MS = 50;
const PARTITIONS = 4;
const GRID_DOCS = 2000;
const MESSAGES = 20_000;
const LAG_MESSAGES = 500_000;
const RATE_PER_SECOND = 50;
const RATE_SECONDS = 60;
const POLL_MS = 50;
/** How long the tail is watched at a lag that it cannot work off. */
const WATCH_MS = 30_000;

type Bench = Shared & {
  url: string;
  kafka: ReturnType<typeof openKafka>;
};

/** How the tail does. The ceiling is of the same run, on the same cluster. */
export async function benchTail(shared: Shared): Promise<Measured> {
  const { say } = shared;
  const url = await shared.openSearch();
  const kafka = openKafka({ brokers: [await shared.broker()], clientId: "bench" });
  const bench = { ...shared, url, kafka };
  try {
    say(`throughput: ${MESSAGES} messages, half of them ERROR`);
    const throughput = await measureThroughput(bench);
    say(`latency: ${RATE_PER_SECOND} ERROR/s for ${RATE_SECONDS} s`);
    const latency = await measureLatency(bench);
    say(`passing over: ${LAG_MESSAGES} messages of another level`);
    const passingOver = await measurePassingOver(bench);
    say(`memory: ${LAG_MESSAGES} ERROR messages whose documents never come`);
    const memory = await measureMemory(bench);
    const figures = { throughput, latency, passing_over: passingOver, memory };
    return {
      figures,
      rows: [
        {
          what: "tail, embedder at 50 ms",
          value: `${throughput.vectors_per_second} vectors/s`,
          reference: `ceiling ${throughput.ceiling_vectors_per_second} docs/s`,
          ratio: throughput.ratio_to_ceiling,
        },
        { what: "tail, from produced to readable", value: `p99 ${latency.p99_ms} ms` },
        { what: "tail, passing over", value: `${passingOver.records_per_second} records/s` },
        { what: "tail, peak memory", value: `${memory.peak_megabytes} MB` },
      ],
    };
  } finally {
    await kafka.close();
  }
}

async function measureThroughput(bench: Bench) {
  const { url, signal } = bench;
  const logs = () => makeLogs("through", MESSAGES, (n) => (n % 2 === 0 ? "ERROR" : "INFO"));
  const errors = [...logs()].filter(({ level }) => level === "ERROR");
  const ids = errors.map(({ log_id: id }) => id);
  const reference = await createBenchIndex(url);
  await indexLogs(reference, logs());
  const cell = await bestCell(reference, ids.slice(0, GRID_DOCS), DIMENSIONS);
  const bodies = updateBodies(reference.name, ids, cell.batch, DIMENSIONS);
  const ceiling = await sendBodies(reference, bodies, cell.concurrency);

  const index = await createBenchIndex(url);
  await indexLogs(index, logs());
  const topic = await newTopic(bench, "through");
  await produceLogs(bench.kafka.publisher, topic, logs(), signal);
  const before = await index.writes();
  await using tail = await startTail(bench, topic, index);
  const startedAt = performance.now();
  const cpuBefore = tail.cpuMs();
  while ((await index.writes()) - before < errors.length) await sleep(POLL_MS);
  const seconds = (performance.now() - startedAt) / 1000;
  const perSecond = errors.length / seconds;
  return {
    records_per_second: round(MESSAGES / seconds),
    vectors_per_second: round(perSecond),
    ceiling_vectors_per_second: round(ceiling),
    ceiling_form: cell,
    ratio_to_ceiling: ratio(perSecond, ceiling),
    cpu_ms_per_vector: round((tail.cpuMs() - cpuBefore) / errors.length, 3),
    peak_megabytes: tail.peakMegabytes(),
  };
}

/** From just before a log is produced, its document being there, to its vector being readable by id. */
async function measureLatency(bench: Bench) {
  const { url, signal } = bench;
  const index = await createBenchIndex(url);
  const topic = await newTopic(bench, "latency");
  await using tail = await startTail(bench, topic, index);
  const open = new Map<string, number>();
  const delaysMs: number[] = [];
  const count = RATE_PER_SECOND * RATE_SECONDS;
  const watch = async () => {
    while (delaysMs.length < count) {
      const ids = [...open.keys()].slice(0, 500);
      if (ids.length > 0) {
        const stamped = await index.stamped(ids);
        const now = performance.now();
        ids.forEach((id, i) => {
          if (!stamped[i]) return;
          delaysMs.push(now - (open.get(id) ?? now));
          open.delete(id);
        });
      }
      await sleep(POLL_MS);
    }
  };
  const produce = async () => {
    const startedAt = performance.now();
    let sent = 0;
    for (const log of makeLogs("latency", count, () => "ERROR")) {
      await sleep(Math.max(0, startedAt + (sent * 1000) / RATE_PER_SECOND - performance.now()));
      await indexLogs(index, [log]);
      open.set(log.log_id, performance.now());
      await produceLogs(bench.kafka.publisher, topic, [log], signal);
      sent++;
    }
  };
  await Promise.all([produce(), watch()]);
  const sorted = delaysMs.toSorted((a, b) => a - b);
  const at = (share: number) => round(sorted[Math.floor(share * (sorted.length - 1))] ?? NaN);
  return {
    records: count,
    p50_ms: at(0.5),
    p99_ms: at(0.99),
    peak_megabytes: tail.peakMegabytes(),
  };
}

async function measurePassingOver(bench: Bench) {
  const { url, kafka, signal } = bench;
  const index = await createBenchIndex(url);
  const topic = await newTopic(bench, "passing");
  const logs = makeLogs("passing", LAG_MESSAGES, () => "INFO");
  await produceLogs(kafka.publisher, topic, logs, signal);
  await using tail = await startTail(bench, topic, index);
  const startedAt = performance.now();
  const cpuBefore = tail.cpuMs();
  for (;;) {
    const rows = await kafka.topics.lag(
      { group: topic, streams: [topic], from: "earliest" },
      signal,
    );
    if (rows.every(({ lag }) => lag === 0)) break;
    await sleep(POLL_MS);
  }
  const seconds = (performance.now() - startedAt) / 1000;
  return {
    messages: LAG_MESSAGES,
    records_per_second: round(LAG_MESSAGES / seconds),
    cpu_ms_per_1000: round((tail.cpuMs() - cpuBefore) / (LAG_MESSAGES / 1000), 2),
    peak_megabytes: tail.peakMegabytes(),
  };
}

async function measureMemory(bench: Bench) {
  const { url, kafka, signal } = bench;
  const index = await createBenchIndex(url);
  const topic = await newTopic(bench, "memory");
  const logs = makeLogs("memory", LAG_MESSAGES, () => "ERROR");
  await produceLogs(kafka.publisher, topic, logs, signal);
  await using tail = await startTail(bench, topic, index);
  await sleep(WATCH_MS);
  return { messages: LAG_MESSAGES, peak_megabytes: tail.peakMegabytes() };
}

/** A topic of the name; its group is called the same. */
async function newTopic({ kafka, signal }: Bench, name: string): Promise<string> {
  const topic = `bench-${name}`;
  await kafka.topics.create(topic, PARTITIONS, signal);
  await kafka.topics.create(`${topic}-dlq`, 1, signal);
  return topic;
}

/** A tail that has its partitions, with the settings that it has by default. */
async function startTail(
  { url, broker, embedder, folder }: Bench,
  topic: string,
  index: BenchIndex,
): Promise<Program> {
  const tail = startProgram(process.execPath, [MAIN, "tail"], {
    OPENSEARCH_URL: url,
    OPENSEARCH_INDEX_PATTERN: index.name,
    EMBEDDING_DIMENSIONS: String(DIMENSIONS),
    OPENAI_BASE_URL: await embedder(EMBEDDER_MS),
    KAFKA_BOOTSTRAP_SERVERS: await broker(),
    KAFKA_TOPIC: topic,
    KAFKA_DLQ_TOPIC: `${topic}-dlq`,
    CONSUMER_GROUP_ID: topic,
    LOG_FILE: "",
    HTTP_PORT: "0",
    STATE_DIR: join(folder, topic),
  });
  await tail.line(/Tail reads/);
  return tail;
}
