import { textHash } from "../../test/support/fakes/signer.ts";
import { watchSignals } from "../../src/app/shutdown.ts";
import type { SearchMode } from "../../src/search/query-words.ts";
import type { Embedder } from "../../src/ports/embedder.ts";
import { DIMENSIONS, type Bench, type Measured, type Size } from "./bench.ts";
import { createBenchIndex, type BenchIndex } from "./index.ts";
import { round } from "./samples.ts";
import { openWith } from "./search-service.ts";

const VECTORS: Record<Size, number> = { quick: 5000, normal: 100_000, full: 100_000 };
const SEARCHES: Record<Size, number> = { quick: 20, normal: 100, full: 200 };
const AT_ONCE = 100;
const SERVICES = 17;

const THINGS =
  "database pool, disk, queue, cache, session, payment, order, mail, search index, certificate";
const FAULTS =
  "timed out, is full, was refused, is locked, ran out of memory, has expired, is missing, is read-only";

/** Of 80 errors, with other numbers each time. */
function messageOf(number: number): string {
  const [things, faults] = [THINGS.split(", "), FAULTS.split(", ")];
  const thing = things[number % things.length];
  const fault = faults[Math.floor(number / things.length) % faults.length];
  return `The ${thing} of customer ${number * 31} ${fault} on node-${number % 23} after ${number % 977} ms`;
}

/** Whole searches in an index with a graph, of texts that are like those in it and not the same. */
export async function measureLatency(bench: Bench): Promise<Measured> {
  const url = await bench.openSearch();
  const count = VECTORS[bench.size];
  const index = await createBenchIndex(url);
  try {
    bench.say(`Indexing ${count} vectors of ${DIMENSIONS}`);
    await using service = openWith(bench, {
      EMBEDDING_PROVIDER: "local",
      EMBEDDING_MODEL: "hashing",
      EMBEDDING_DIMENSIONS: String(DIMENSIONS),
      OPENSEARCH_URL: url,
      OPENSEARCH_INDEX_PATTERN: index.name,
    });
    await indexVectors(index, await service.embedder(), count, bench.signal);
    await index.refresh();
    bench.say("Searching");
    using stop = watchSignals(process, () => undefined);
    const { search } = await service.search();
    const time = async (goes: number, mode: SearchMode, changes: { service?: string } = {}) => {
      const times: number[] = [];
      for (let go = 0; go < goes; go++) {
        bench.signal.throwIfAborted();
        const text = `${messageOf(go * 7919)} and again`;
        const startedAt = performance.now();
        await search({ text, mode, limit: 10, ...changes }, stop);
        times.push(performance.now() - startedAt);
      }
      return percentiles(times);
    };
    // The first ones read the graph into memory.
    const first = await time(3, "both");
    const goes = SEARCHES[bench.size];
    const [all, words, both] = [
      await time(goes, "meaning"),
      await time(goes, "words"),
      await time(goes, "both"),
    ];
    const filtered = await time(goes, "meaning", { service: "service-3" });
    const rows = [
      { what: `search in ${count} vectors, by meaning`, value: shown(all) },
      { what: "the same by words", value: shown(words) },
      { what: "the same by both", value: shown(both) },
      { what: `by meaning, one service of ${SERVICES}`, value: shown(filtered) },
    ];
    return {
      figures: {
        vectors: count,
        first_ms: first,
        all_ms: all,
        words_ms: words,
        both_ms: both,
        filtered_ms: filtered,
      },
      rows,
    };
  } finally {
    await index.drop();
  }
}

type Percentiles = { p50: number; p95: number; searches: number };

function percentiles(times: readonly number[]): Percentiles {
  const sorted = times.toSorted((a, b) => a - b);
  const at = (share: number) => round(sorted[Math.ceil(sorted.length * share) - 1] ?? Number.NaN);
  return { p50: at(0.5), p95: at(0.95), searches: times.length };
}

function shown({ p50, p95, searches }: Percentiles): string {
  return `p50 ${p50} ms, p95 ${p95} ms (${searches} searches)`;
}

/** As the service would have left them. */
async function indexVectors(
  index: BenchIndex,
  embedder: Embedder,
  count: number,
  signal: AbortSignal,
): Promise<void> {
  const { model, dimensions } = embedder;
  let logs: object[] = [];
  let inputs: { text: string; logId: string }[] = [];
  const flush = async () => {
    const { vectors } = await embedder.embed(inputs, signal);
    const lines = logs.map((log, i) => {
      const values = Array.from(vectors[i] ?? [], (value) => Math.round(value * 1e8) / 1e8);
      return `{"index":{"_index":"${index.name}"}}\n${JSON.stringify({ ...log, log_vector: values })}\n`;
    });
    await index.bulk(lines.join(""));
    logs = [];
    inputs = [];
  };
  for (let number = 0; number < count; number++) {
    signal.throwIfAborted();
    const message = messageOf(number);
    const stamp = { model, dimensions, text_hash: textHash(message), truncated: false };
    const time = new Date(Date.UTC(2026, 0, 1) + number * 1000).toISOString();
    const service = `service-${number % SERVICES}`;
    logs.push({ "@timestamp": time, level: "ERROR", service, message, log_vector_meta: stamp });
    inputs.push({ text: message, logId: `${number}` });
    if (logs.length === AT_ONCE) await flush();
  }
  if (logs.length > 0) await flush();
}
