import { randomUUID } from "node:crypto";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { freePorts } from "../local-servers/free-port.ts";
import { MAIN, type Bench } from "./bench.ts";
import type { BenchIndex } from "./index.ts";
import { indexLargeRecords } from "./large-records.ts";
import { startProgram } from "./program.ts";
import { round } from "./samples.ts";
import { settings } from "./vectorizer.ts";

const ASKING_AT_ONCE = 4;
const SEARCHES = 40;
const HEALTH_EVERY_MS = 25;

type Looked = {
  peak_megabytes: number;
  searches: number;
  refused: number;
  /** Why the first of them was. */
  refusal: string | null;
  answer_megabytes: number;
  health: { requests: number; p50_ms: number; p99_ms: number; most_ms: number };
};

/**
 * A daemon whose records all have vectors is given as many new ones: while its cycle is at them, four people search, by
 * the page and by the API, and somebody asks whether it lives.
 */
export async function measurePage(
  bench: Bench,
  index: BenchIndex,
  { records, bytes }: { records: number; bytes: number },
): Promise<Looked> {
  const [port = 0] = await freePorts(1);
  const own = {
    HTTP_PORT: String(port),
    HTTP_REQUESTS_PER_MINUTE: "1000000",
    BACKFILL_SCHEDULE: "0 0 1 1 *",
    STATE_DIR: join(bench.folder, `state-${randomUUID()}`),
    LOG_LEVEL: "info",
    LOG_FORMAT: "json",
  };
  const env = await settings(bench, { index: index.name, delayMs: 0, env: own });
  await using daemon = startProgram(process.execPath, [MAIN], env);
  await daemon.line(/HTTP at/);
  await daemon.line(CYCLE_ENDED);
  bench.say(`${records} more records, four searches at once, and a cycle`);
  await indexLargeRecords(index, { from: records, count: records, bytes });
  const url = `http://127.0.0.1:${port}`;
  const over = new AbortController();
  const health = timesOfHealth(`${url}/health`, over.signal);
  const started = await fetch(`${url}/api/v1/cycle`, { method: "POST" });
  if (started.status !== 202) throw new Error(`no cycle: ${started.status}`);
  const found = await searchAtOnce(url);
  await daemon.line(VECTORS_WRITTEN);
  over.abort();
  const times = (await health).toSorted((a, b) => a - b);
  const at = (share: number) => round(times[Math.floor(share * (times.length - 1))] ?? Number.NaN);
  return {
    peak_megabytes: daemon.peakMegabytes(),
    searches: SEARCHES,
    refused: found.refused,
    refusal: found.refusal,
    answer_megabytes: round(found.bytes / SEARCHES / 1e6, 3),
    health: { requests: times.length, p50_ms: at(0.5), p99_ms: at(0.99), most_ms: at(1) },
  };
}

const CYCLE_ENDED = /^\{.*"event\.action":"cycle-ended".*\}$/;
const VECTORS_WRITTEN = /^\{.*"event\.action":"cycle-ended".*"updated":[1-9].*\}$/;

async function searchAtOnce(
  url: string,
): Promise<{ bytes: number; refused: number; refusal: string | null }> {
  const sum: { bytes: number; refused: number; refusal: string | null } = {
    bytes: 0,
    refused: 0,
    refusal: null,
  };
  let begun = 0;
  const searches = async () => {
    while (begun < SEARCHES) {
      const words = encodeURIComponent(`request failed at handler ${begun}`);
      const path =
        begun++ % 2 === 0 ? `/api/v1/search?q=${words}&limit=100` : `/?q=${words}&limit=100`;
      const response = await fetch(url + path, { headers: { "sec-fetch-site": "same-origin" } });
      const answer = await response.text();
      sum.bytes += Buffer.byteLength(answer);
      if (response.ok) continue;
      sum.refused++;
      sum.refusal ??= `${response.status} ${answer.slice(0, 300)}`;
    }
  };
  await Promise.all(Array.from({ length: ASKING_AT_ONCE }, searches));
  return sum;
}

/** How long each answer took, in ms, asked for steadily until the signal aborts. */
async function timesOfHealth(url: string, signal: AbortSignal): Promise<number[]> {
  const times: number[] = [];
  const asked: Promise<void>[] = [];
  const ask = async () => {
    const startedAt = performance.now();
    const response = await fetch(url);
    await response.arrayBuffer();
    times.push(performance.now() - startedAt);
  };
  while (!signal.aborted) {
    asked.push(ask());
    await sleep(HEALTH_EVERY_MS);
  }
  await Promise.all(asked);
  return times;
}
