import { z } from "zod";

import { createLocalEmbedder } from "../../src/adapters/local-embedder/local-embedder.ts";
import { SETTINGS } from "../../src/config/settings.ts";

const NEIGHBOURS = 100;
const LATEST = 200;
const REQUEST_TIMEOUT_MS = 30_000;

const hit = z.object({
  _score: z.number().nullable(),
  _source: z.object({
    message: z.string().default(""),
    service: z.object({ name: z.string().default("") }).default({ name: "" }),
  }),
});
const answer = z.object({ hits: z.object({ hits: z.array(hit) }) });
type Hit = z.output<typeof hit>;

type Target = { url: string; pattern: string; signal: AbortSignal };
export type SimilarError = { score: number; service: string; message: string; times: number };

/** The records nearest to a text by `log_vector`, best first, equal messages once. */
export async function findSimilar(
  target: Target,
  text: string,
  limit: number,
): Promise<SimilarError[]> {
  const vector = await embed(text, target.signal);
  const hits = await search(target, {
    size: NEIGHBOURS,
    _source: ["message", "service.name"],
    query: { knn: { log_vector: { vector, k: NEIGHBOURS } } },
  });
  const found = new Map<string, SimilarError>();
  for (const { _score: score, _source: source } of hits) {
    const { message, service } = source;
    const known = found.get(message);
    if (known) known.times += 1;
    else found.set(message, { score: score ?? 0, service: service.name, message, times: 1 });
  }
  return [...found.values()].slice(0, limit);
}

/** The most frequent text among the latest records that have a vector, to look for others like it. */
export async function frequentMessage(target: Target): Promise<string | undefined> {
  const hits = await search(target, {
    size: LATEST,
    _source: ["message"],
    query: { exists: { field: "log_vector" } },
    sort: [{ "@timestamp": { order: "desc", unmapped_type: "date" } }],
  });
  const perMessage = Object.entries(Object.groupBy(hits, (found) => found._source.message));
  return perMessage.toSorted(([, a = []], [, b = []]) => b.length - a.length)[0]?.[0];
}

async function embed(text: string, signal: AbortSignal): Promise<number[]> {
  const dimensions = Number(SETTINGS.EMBEDDING_DIMENSIONS.default);
  const { vectors } = await createLocalEmbedder({ dimensions }).embed(
    [{ text, logId: "query" }],
    signal,
  );
  const vector = vectors[0];
  if (!vector) throw new Error("the local embedder gave no vector");
  return Array.from(vector);
}

async function search(target: Target, body: object): Promise<Hit[]> {
  const response = await fetch(`${target.url}/${target.pattern}/_search`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(body),
    signal: AbortSignal.any([target.signal, AbortSignal.timeout(REQUEST_TIMEOUT_MS)]),
  });
  if (!response.ok) {
    throw new Error(`search: ${response.status} ${(await response.text()).slice(0, 500)}`);
  }
  return answer.parse(await response.json()).hits.hits;
}
