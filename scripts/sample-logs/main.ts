import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { loadEntries } from "./load-entries.ts";
import type { LogEntry } from "./log-entry.ts";

const SAMPLES = join(import.meta.dirname, "sample-errors.jsonl");
const INDEX = "sample_logs";
const TIMEOUT_MS = 30_000;

/** The same entries at the same distances, the newest of them now: what shows the last hours shows them. */
export function untilNow(entries: readonly LogEntry[], nowMs: number): LogEntry[] {
  const times = entries.flatMap(({ timestamp }) => (timestamp ? [Date.parse(timestamp)] : []));
  const shiftMs = nowMs - Math.max(...times);
  return entries.map((entry) => {
    const { timestamp } = entry;
    if (timestamp === undefined) return entry;
    return { ...entry, timestamp: new Date(Date.parse(timestamp) + shiftMs).toISOString() };
  });
}

type Sample = { "@timestamp": string; level: string; message: string; service: { name: string } };

/** Our own file, whose layout is known: the image has this folder alone, and not what reads other layouts. */
export function sampleEntries(text: string): LogEntry[] {
  return text
    .trimEnd()
    .split("\n")
    .map((line) => {
      // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- a test reads the file with the reader of all layouts
      const { "@timestamp": timestamp, service, ...rest } = JSON.parse(line) as Sample;
      return { timestamp, service: service.name, level: rest.level, message: rest.message };
    });
}

/** Loads the sample logs unless an earlier start has, and says which. Throws where OpenSearch does not take them. */
async function loadSamples(url: string): Promise<string> {
  const signal = AbortSignal.timeout(TIMEOUT_MS);
  const { status } = await fetch(`${url}/${INDEX}`, { method: "HEAD", signal });
  if (status === 200) return `The index ${INDEX} is there already; nothing was loaded.`;
  const entries = sampleEntries(await readFile(SAMPLES, "utf8"));
  const perLevel = await loadEntries({ url, index: INDEX }, untilNow(entries, Date.now()));
  const counts = [...perLevel].map(([level, count]) => `${count} ${level}`).join(", ");
  return `Sample logs are in the index ${INDEX}: ${counts}.`;
}

if (import.meta.main) {
  const url = (process.env["OPENSEARCH_URL"] || "http://localhost:9200").replace(/\/+$/, "");
  try {
    process.stdout.write(`${await loadSamples(url)}\n`);
  } catch (error) {
    const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
    const why = cause instanceof Error ? cause.message : String(cause);
    process.stderr.write(`The sample logs were not loaded into OpenSearch at ${url}: ${why}\n`);
    process.exitCode = 1;
  }
}
