import { randomBytes } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { DIMENSIONS, type Bench } from "./bench.ts";

type Json = Record<string, unknown>;

/** The hands of the bench in OpenSearch. */
export type BenchIndex = {
  readonly name: string;
  /** Sends lines of a `_bulk` request; throws where one is refused. */
  bulk(lines: string | Buffer): Promise<void>;
  /** How many writes the index has taken, without any refresh. */
  writes(): Promise<number>;
  /** Which of the documents have a stamp by now, refreshed or not. */
  stamped(ids: readonly string[]): Promise<boolean[]>;
  refresh(): Promise<void>;
  drop(): Promise<void>;
};

/** What differs where it is the process that is measured, and not the index. */
type IndexOptions = {
  name?: string;
  /** Default: true. Without one vectors are stored alone, which takes the same time again and again. */
  graph?: boolean;
  /** Of the vectors. Default: those of the bench. */
  dimensions?: number;
  /** Default: every second. Otherwise nothing is found before it is asked for. */
  refreshes?: boolean;
};

/** An index for one measurement, gone after it, so that its merges do not slow the next one. */
export async function withIndex<T>(
  bench: Pick<Bench, "openSearch">,
  work: (index: BenchIndex) => Promise<T>,
  options: IndexOptions = {},
): Promise<T> {
  const index = await createBenchIndex(await bench.openSearch(), options);
  try {
    return await work(index);
  } finally {
    await index.drop();
  }
}

/** A k-NN index with the Lucene engine, without replicas. Throws an Error with OpenSearch's answer. */
export async function createBenchIndex(
  url: string,
  {
    name = `bench_${randomBytes(4).toString("hex")}`,
    graph = true,
    refreshes = true,
    dimensions = DIMENSIONS,
  }: IndexOptions = {},
): Promise<BenchIndex> {
  const method = { name: "hnsw", engine: "lucene", space_type: "cosinesimil" };
  await send(url, "PUT", `/${name}`, {
    settings: {
      number_of_replicas: 0,
      number_of_shards: 1,
      ...(graph ? { "index.knn": true } : {}),
      ...(refreshes ? {} : { refresh_interval: "-1" }),
    },
    mappings: {
      properties: {
        "@timestamp": { type: "date" },
        level: { type: "keyword" },
        message: { type: "text" },
        log_vector: {
          type: "knn_vector",
          dimension: dimensions,
          ...(graph ? { method } : {}),
        },
      },
    },
  });
  return {
    name,
    async bulk(lines) {
      const answer = await send(url, "POST", "/_bulk?filter_path=errors,items.*.error", lines);
      if (answer["errors"] === true) throw new Error(JSON.stringify(answer).slice(0, 500));
    },
    async writes() {
      const path = `/${name}/_stats/indexing?filter_path=_all.primaries.indexing.index_total`;
      const answer = await send(url, "GET", path);
      const [, total] = /"index_total":(\d+)/.exec(JSON.stringify(answer)) ?? [];
      return Number(total ?? 0);
    },
    async stamped(ids) {
      const path = `/${name}/_mget?_source_includes=log_vector_meta.model`;
      const answer = await send(url, "POST", path, { ids });
      const docs = Array.isArray(answer["docs"]) ? answer["docs"] : [];
      return docs.map((doc) => JSON.stringify(doc).includes('"model"'));
    },
    async refresh() {
      await send(url, "POST", `/${name}/_refresh`);
    },
    async drop() {
      await send(url, "DELETE", `/${name}`);
    },
  };
}

const BUSY_TRIES = 30;
const BUSY_MS = 1000;

/** Throws an Error with what OpenSearch answered; one that is busy is asked again for half a minute. */
export async function send(
  url: string,
  method: string,
  path: string,
  body?: Json | string | Buffer,
) {
  const raw = typeof body === "string" || Buffer.isBuffer(body);
  const ask = async () =>
    fetch(url + path, {
      method,
      headers: { "content-type": raw ? "application/x-ndjson" : "application/json" },
      ...(body === undefined ? {} : { body: raw ? toBody(body) : JSON.stringify(body) }),
    });
  let response = await ask();
  // Behind large records a heap of a gigabyte is full for a while.
  for (let tries = 0; response.status === 429 && tries < BUSY_TRIES; tries += 1) {
    await response.body?.cancel();
    await sleep(BUSY_MS);
    response = await ask();
  }
  const text = await response.text();
  if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${text.slice(0, 300)}`);
  const parsed: Json = JSON.parse(text);
  return parsed;
}

function toBody(body: string | Buffer): string | Uint8Array<ArrayBuffer> {
  return typeof body === "string" ? body : new Uint8Array(body);
}
