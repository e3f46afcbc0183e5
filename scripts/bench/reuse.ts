import { execFile } from "node:child_process";
import { randomUUID } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { promisify } from "node:util";
import { createApi } from "../../src/adapters/opensearch/api.ts";
import { openClient } from "../../src/adapters/opensearch/client.ts";
import { createOpenSearchStore } from "../../src/adapters/opensearch/store.ts";
import { createToText, textHash } from "../../src/enrichment/text.ts";
import type { LogStore } from "../../src/ports.ts";
import { createBenchIndex, type BenchIndex } from "./index.ts";
import { indexLogs, makeLogs, type BenchLog } from "./logs.ts";
import { readSampleLogs } from "./sample-logs.ts";
import { startServers, type BenchServers } from "./servers.ts";

const MAIN = resolve(import.meta.dirname, "../../src/main.ts");
const DIMENSIONS = 1536;
const MODEL = "text-embedding-3-large";
const DIFFERENT = 4000;
const LOOKS = 21;
const PER_LOOK = 100;
const FORMS = ["message", "template"] as const;
type Form = (typeof FORMS)[number];

type Bench = { servers: BenchServers; folder: string; signal: AbortSignal };

/**
 * What looking for vectors of equal texts in the store saves, on real logs whose second half comes a process later, and
 * what it costs where all texts are different.
 */
export async function benchReuse(signal: AbortSignal, say: (line: string) => void) {
  await using servers = await startServers({ delayMs: 50, dimensions: DIMENSIONS, signal });
  const folder = await mkdtemp(join(tmpdir(), "bench-"));
  const bench = { servers, folder, signal };
  try {
    const saved = [];
    for (const { file, messages } of await readSampleLogs()) {
      say(`Second half of ${file} after the first`);
      const halves = [];
      for (const form of FORMS) halves.push(await measureSecondHalf(bench, messages, form));
      const [message, template] = halves;
      saved.push({ file, message, template });
    }
    say(`${DIFFERENT} texts that are all different`);
    return { second_half: saved, all_different: await measureCost(bench) };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function measureSecondHalf(bench: Bench, messages: readonly string[], form: Form) {
  const index = await createBenchIndex(bench.servers.openSearch, DIMENSIONS);
  const middle = Math.ceil(messages.length / 2);
  await indexLogs(index, asErrors(messages.slice(0, middle)));
  await drain(bench, index, form);
  const second = messages.slice(middle);
  await indexLogs(index, asErrors(second));
  const { embedding } = await drain(bench, index, form);
  const texts = new Set(second.map(createToText({ redaction: "secrets", form }))).size;
  return { texts, found: texts - embedding.texts, embedded: embedding.texts };
}

async function measureCost(bench: Bench) {
  const { servers, signal } = bench;
  const index = await createBenchIndex(servers.openSearch, DIMENSIONS);
  const logs = [...makeLogs("different", DIFFERENT, () => "ERROR")];
  await indexLogs(index, logs);
  const startedAt = performance.now();
  const { embedding } = await drain(bench, index, "message");
  const drainMs = performance.now() - startedAt;
  const store = await openStore(servers.openSearch, index.name);
  await store.survey(signal);
  const unknown = await medianLook(store, () => textHash(randomUUID()), signal);
  const known = await medianLook(store, (i) => textHash(logs[i]?.message ?? ""), signal);
  await store.close();
  const drainPerHundredMs = (drainMs * PER_LOOK) / DIFFERENT;
  return {
    texts_embedded: embedding.texts,
    drain_ms_per_100: Math.round(drainPerHundredMs),
    look_for_100_unknown_ms: unknown,
    look_for_100_known_ms: known,
    look_share_of_drain: Number((unknown / drainPerHundredMs).toFixed(3)),
  };
}

async function medianLook(
  store: LogStore,
  hashOf: (number: number) => string,
  signal: AbortSignal,
): Promise<number> {
  const times: number[] = [];
  for (let look = 0; look < LOOKS; look++) {
    const textHashes = Array.from({ length: PER_LOOK }, (_, i) => hashOf(look * PER_LOOK + i));
    const startedAt = performance.now();
    await store.findVectors({ textHashes, model: MODEL, dimensions: DIMENSIONS }, signal);
    times.push(performance.now() - startedAt);
  }
  const middle = times.toSorted((a, b) => a - b)[Math.floor(LOOKS / 2)] ?? Number.NaN;
  return Number(middle.toFixed(1));
}

function* asErrors(messages: readonly string[]): Generator<BenchLog> {
  for (const message of messages) {
    const time = new Date().toISOString();
    yield { log_id: randomUUID(), "@timestamp": time, level: "ERROR", service: "x", message };
  }
}

/** A process of its own: what it knows of earlier texts it knows from the store. */
async function drain({ servers, folder, signal }: Bench, index: BenchIndex, form: Form) {
  const { PATH = "", HOME = "" } = process.env;
  const env = {
    PATH,
    HOME,
    OPENSEARCH_URL: servers.openSearch,
    OPENSEARCH_INDEX_PATTERN: index.name,
    OPENAI_BASE_URL: servers.embedder,
    EMBEDDING_MODEL: MODEL,
    EMBEDDING_TEXT: form,
    EMBEDDING_PRICE_PER_MILLION_TOKENS: "0.13",
    STATE_DIR: join(folder, "state"),
    LOG_FILE: "",
    LOG_LEVEL: "error",
  };
  const args = [MAIN, "--drain", "--json"];
  const { stdout } = await promisify(execFile)(process.execPath, args, { env, signal });
  const summary: { embedding: { texts: number } } = JSON.parse(stdout);
  return summary;
}

async function openStore(url: string, indexPattern: string): Promise<LogStore> {
  const connection = { urls: [url], tls: { verify: true }, timeoutMs: 30_000 };
  const client = await openClient(connection);
  const vector = { engine: "lucene", spaceType: "cosinesimil", dimensions: DIMENSIONS };
  const fields = { vectorField: "log_vector", metaField: "log_vector_meta" };
  const wanted = {
    ...fields,
    levels: ["ERROR"],
    messageField: "message",
    idField: "log_id",
    dimensions: DIMENSIONS,
    mapping: "auto" as const,
  };
  return createOpenSearchStore(
    { api: createApi(client, [url]), client },
    {
      indexPattern,
      wanted,
      vector: { ...vector, field: fields.vectorField, metaField: fields.metaField },
      direction: "newest",
      maxAgeDays: undefined,
      minAgeMs: 0,
    },
  );
}
