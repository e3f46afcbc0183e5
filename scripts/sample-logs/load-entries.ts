import type { LogEntry } from "./log-entry.ts";

const CHUNK_RECORDS = 500;
const REQUEST_TIMEOUT_MS = 60_000;
/** As a log pipeline would have made it: nothing of a vector, but graphs allowed for the one to come. */
const INDEX = {
  settings: { index: { knn: true, number_of_shards: 1, number_of_replicas: 0 } },
  mappings: {
    properties: {
      "@timestamp": { type: "date" },
      level: { type: "keyword" },
      message: { type: "text" },
      service: { properties: { name: { type: "keyword" } } },
    },
  },
};

type Target = { url: string; index: string; signal?: AbortSignal };

/** Makes the index and puts the entries into it; returns the number of records per level. Throws where one fails. */
export async function loadEntries(
  target: Target,
  entries: AsyncIterable<LogEntry> | Iterable<LogEntry>,
): Promise<Map<string, number>> {
  const { url, index } = target;
  await send(target, "PUT", `${url}/${index}`, JSON.stringify(INDEX));
  const perLevel = new Map<string, number>();
  let chunk: LogEntry[] = [];
  for await (const entry of entries) {
    const level = entry.level ?? "none";
    perLevel.set(level, (perLevel.get(level) ?? 0) + 1);
    chunk.push(entry);
    if (chunk.length === CHUNK_RECORDS) {
      await sendChunk(target, chunk);
      chunk = [];
    }
  }
  if (chunk.length > 0) await sendChunk(target, chunk);
  await send(target, "POST", `${url}/${index}/_refresh`);
  return perLevel;
}

async function sendChunk(target: Target, entries: readonly LogEntry[]): Promise<void> {
  const lines = entries.flatMap((entry) => ['{"create":{}}', JSON.stringify(documentOf(entry))]);
  const path = `${target.url}/${target.index}/_bulk?filter_path=errors,items.*.error`;
  const answer = await send(target, "POST", path, `${lines.join("\n")}\n`);
  if (!answer.includes('"errors":true')) return;
  throw new Error(`OpenSearch refused log records: ${answer.slice(0, 500)}`);
}

/** The document that a log pipeline makes of an entry. */
export function documentOf({ timestamp, level, message, service }: LogEntry) {
  return {
    message,
    ...(timestamp === undefined ? {} : { "@timestamp": timestamp }),
    ...(level === undefined ? {} : { level }),
    ...(service === undefined ? {} : { service: { name: service } }),
  };
}

async function send(target: Target, method: string, url: string, body?: string): Promise<string> {
  const limits = [AbortSignal.timeout(REQUEST_TIMEOUT_MS)];
  if (target.signal) limits.push(target.signal);
  const response = await fetch(url, {
    method,
    headers: { "content-type": body?.endsWith("\n") ? "application/x-ndjson" : "application/json" },
    signal: AbortSignal.any(limits),
    ...(body === undefined ? {} : { body }),
  });
  const text = await response.text();
  if (!response.ok) throw new Error(`${method} ${url}: ${response.status} ${text.slice(0, 500)}`);
  return text;
}
