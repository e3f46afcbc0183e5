import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

import { openKafka } from "../src/adapters/kafka/kafka.ts";
import { startStubEmbeddingServer } from "../test/support/stub-embedding-server.ts";
import { createBenchIndex } from "./bench/index.ts";
import { indexLogs, makeLogs, produceLogs } from "./bench/logs.ts";
import { startProgram, type Program } from "./bench/program.ts";
import { startKafka } from "./local-servers/kafka.ts";
import { availableVersions, startOpenSearch } from "./local-servers/opensearch.ts";

const MAIN = resolve(import.meta.dirname, "../src/main.ts");
const DIMENSIONS = 64;
const PARTITIONS = 3;
const PER_SECOND = 500;
const SECONDS = 120;
const KILL_AT_S = 40;
const RESTART_AT_S = 75;
const PORTION = 50;
/** How long the tails may take to finish what is left. */
const PATIENCE_MS = 5 * 60_000;

const say = (line: string) => console.error(line);

/** Three tails under load for two minutes, one killed and replaced, the broker restarted: every record is accounted for. */
async function soak(signal: AbortSignal) {
  const folder = await mkdtemp(join(tmpdir(), "soak-"));
  await using stack = new AsyncDisposableStack();
  stack.defer(() => rm(folder, { recursive: true, force: true }));
  const version = (await availableVersions())[0] ?? "2.19.1.0";
  const openSearch = stack.use(await startOpenSearch({ version, signal }));
  const data = join(folder, "kafka");
  let broker = await startKafka({ data, signal });
  stack.defer(() => broker.stop());
  const port = Number(broker.broker.split(":")[1]);
  const stub = stack.use(await startStubEmbeddingServer({ delayMs: 50, dimensions: DIMENSIONS }));
  const kafka = openKafka({ brokers: [broker.broker], clientId: "soak" });
  stack.defer(async () => {
    await Promise.all([kafka.source.close(), kafka.publisher.close(), kafka.topics.close()]);
  });
  const topic = "soak-logs";
  await kafka.topics.create(topic, PARTITIONS, signal);
  await kafka.topics.create(`${topic}-dlq`, 1, signal);
  const index = await createBenchIndex(openSearch.url, DIMENSIONS);
  const settings = {
    OPENSEARCH_URL: openSearch.url,
    OPENSEARCH_INDEX_PATTERN: index.name,
    EMBEDDING_DIMENSIONS: String(DIMENSIONS),
    OPENAI_BASE_URL: stub.openAiBaseUrl,
    KAFKA_BOOTSTRAP_SERVERS: broker.broker,
    KAFKA_TOPIC: topic,
    KAFKA_DLQ_TOPIC: `${topic}-dlq`,
    LOG_FORMAT: "json",
    LOG_FILE: "",
  };
  const start = (name: string): Program => {
    const env = { ...settings, STATE_DIR: join(folder, name) };
    return stack.use(startProgram(process.execPath, [MAIN, "tail"], env));
  };
  const [first, ...others] = ["tail-1", "tail-2", "tail-3"].map(start);
  if (!first) throw new Error("no tail");
  await Promise.all([first, ...others].map((tail) => tail.line(/tail-assigned/)));

  const count = PER_SECOND * SECONDS;
  const logs = [...makeLogs("soak", count, () => "ERROR")];
  const startedAt = performance.now();
  const elapsed = () => (performance.now() - startedAt) / 1000;
  const upsets = (async () => {
    await sleep(KILL_AT_S * 1000, undefined, { signal });
    say(`${elapsed().toFixed(0)} s: SIGKILL to one tail, and a new one`);
    process.kill(first.pid, "SIGKILL");
    others.push(start("tail-4"));
    await sleep((RESTART_AT_S - KILL_AT_S) * 1000, undefined, { signal });
    say(`${elapsed().toFixed(0)} s: the broker is restarted`);
    await broker.stop();
    broker = await startKafka({ data, port, signal });
    say(`${elapsed().toFixed(0)} s: the broker is back`);
  })();
  for (let at = 0; at < logs.length; at += PORTION) {
    await sleep(Math.max(0, (at / PER_SECOND) * 1000 - elapsed() * 1000), undefined, { signal });
    const portion = logs.slice(at, at + PORTION);
    await indexLogs(index, portion);
    await untilSent(() => produceLogs(kafka.publisher, topic, portion, signal), signal);
  }
  await upsets;
  say(`${elapsed().toFixed(0)} s: everything is sent`);

  const ids = logs.map(({ log_id: id }) => id);
  const missing = await untilStamped(ids, index.stamped, signal);
  const tallies = [];
  for (const tail of others) {
    const ended = tail.line(/tail-ended.*/);
    await tail.stop();
    const [, tally = "{}"] = /"log_vectorizer.tally":(\{.*?\}\})/.exec(await ended) ?? [];
    tallies.push(JSON.parse(tally));
  }
  const texts = stub.requests.flatMap((request) => request.texts);
  return {
    records: count,
    seconds: Math.round(elapsed()),
    without_vector: missing,
    texts_embedded: texts.length,
    texts_embedded_twice: texts.length - new Set(texts).size,
    dead_letters: (await lagEnd(kafka, `${topic}-dlq`, signal)) ?? null,
    tallies_of_the_survivors: tallies,
  };
}

async function lagEnd(
  { topics }: ReturnType<typeof openKafka>,
  topic: string,
  signal: AbortSignal,
) {
  const rows = await topics.lag({ group: "soak", topics: [topic], from: "earliest" }, signal);
  return rows.reduce((sum, { end }) => sum + end, 0);
}

/** A log shipper keeps what it could not send. */
async function untilSent(send: () => Promise<void>, signal: AbortSignal): Promise<void> {
  for (;;) {
    try {
      await send();
      return;
    } catch {
      await sleep(500, undefined, { signal });
    }
  }
}

/** How many have no vector when patience is at its end. */
async function untilStamped(
  ids: readonly string[],
  stamped: (ids: readonly string[]) => Promise<boolean[]>,
  signal: AbortSignal,
): Promise<number> {
  let open = [...ids];
  const giveUpAt = Date.now() + PATIENCE_MS;
  while (open.length > 0 && Date.now() < giveUpAt) {
    const left: string[] = [];
    for (let at = 0; at < open.length; at += 2000) {
      const some = open.slice(at, at + 2000);
      const has = await stamped(some);
      left.push(...some.filter((_, i) => !has[i]));
    }
    open = left;
    if (open.length > 0) await sleep(1000, undefined, { signal });
  }
  return open.length;
}

const interrupted = new AbortController();
for (const name of ["SIGINT", "SIGTERM"] as const) process.once(name, () => interrupted.abort());
try {
  const result = await soak(interrupted.signal);
  console.log(JSON.stringify(result, null, 2));
  process.exitCode = result.without_vector === 0 ? 0 : 1;
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
}
