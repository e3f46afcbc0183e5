import { z } from "zod";

/** So many are looked at for one that is frequent. */
export const LATEST = 200;
const REQUEST_TIMEOUT_MS = 30_000;

const hit = z.object({ _source: z.object({ message: z.string().default("") }) });
const answer = z.object({ hits: z.object({ hits: z.array(hit) }) });
type Hit = z.output<typeof hit>;

type Target = { url: string; pattern: string; signal: AbortSignal };

/** The messages of the latest records that have a vector. */
export async function latestMessages(target: Target): Promise<string[]> {
  const hits = await search(target, {
    size: LATEST,
    _source: ["message"],
    query: { exists: { field: "log_vector" } },
    sort: [{ "@timestamp": { order: "desc", unmapped_type: "date" } }],
  });
  return hits.map((found) => found._source.message);
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
