import { randomUUID } from "node:crypto";
import { join } from "node:path";
import { groupOf } from "../../src/domain/group.ts";
import { keepGroups, type Seen } from "../../src/memory/keep-groups.ts";
import { freePorts } from "../local-servers/free-port.ts";
import { MAIN, type Bench, type Measured, type Row, type Size } from "./bench.ts";
import { send, withIndex, type BenchIndex } from "./index.ts";
import { benchNearest } from "./nearest.ts";
import { startProgram } from "./program.ts";
import { sampleLogsFolder } from "./sample-logs.ts";
import { round, shown, timeEach } from "./samples.ts";
import { openWith } from "./search-service.ts";
import { runVectorizer, settings } from "./vectorizer.ts";

const AMOUNTS: Record<Size, readonly number[]> = {
  quick: [200],
  normal: [1000],
  full: [1000, 10_000],
};
const RECORDS_OF_EACH = 20;
/** Groups come in such many that are alike, of neighbouring services. */
const ALIKE = 5;
/** Of the vectors of groups; those of records are short, because nobody reads them here. */
const GROUP_DIMENSIONS = 1536;
const DIMENSIONS = 64;
const GOES = 30;
const BULK = 2000;
const HOUR_MS = 3_600_000;
const OWN = ["groups", "episodes", "notes"].map((name) => `log-vectorizer-${name}`).join();

/**
 * How long the page of errors takes, without the memory of errors and with it, where each row says what it is most like; and how well
 * the sketches of vectors say which groups those are.
 */
export async function benchErrors(bench: Bench): Promise<Measured> {
  const pages: Record<string, unknown> = {};
  const rows: Row[] = [];
  for (const groups of AMOUNTS[bench.size]) {
    const { without, withMemory, likes } = await measurePages(bench, groups);
    pages[groups] = { without, with_memory: withMemory, likes };
    rows.push({
      what: `page of errors, ${groups} groups (${likes} of 50 rows have a like)`,
      value: shown(withMemory, "ms"),
      reference: `without the memory of errors ${shown(without, "ms")}`,
      ratio: round(withMemory.median / without.median, 2),
    });
  }
  if (sampleLogsFolder() === undefined) return { figures: { pages }, rows };
  const nearest = await benchNearest(bench);
  return { figures: { pages, nearest: nearest.figures }, rows: [...rows, ...nearest.rows] };
}

async function measurePages(bench: Bench, groups: number) {
  return withIndex(
    bench,
    async (index) => {
      const env = {
        EMBEDDING_PROVIDER: "local",
        EMBEDDING_MODEL: "hashing",
        EMBEDDING_DIMENSIONS: String(DIMENSIONS),
        STATE_DIR: join(bench.folder, `state-${randomUUID()}`),
      };
      const job = { index: index.name, delayMs: 0, env };
      await runVectorizer(bench, { ...job, args: ["init"] });
      bench.say(`${groups} groups of ${RECORDS_OF_EACH} records`);
      const seen = Array.from({ length: groups }, (_, i) => makeGroup(i));
      await indexRecords(index, seen);
      const without = await timePages(bench, job);
      await runVectorizer(bench, { ...job, args: ["init", "--memory"] });
      try {
        await using service = openWith(bench, await settings(bench, job));
        const memory = await service.errorMemory();
        const [fault] = await keepGroups(memory.groups, seen, bench.signal);
        if (fault) throw fault;
        await send(await bench.openSearch(), "POST", `/${OWN}/_refresh`);
        const found = await timePages(bench, job);
        return { without: without.times, withMemory: found.times, likes: found.likes };
      } finally {
        await send(await bench.openSearch(), "DELETE", `/${OWN}?ignore_unavailable=true`);
      }
    },
    { graph: false, dimensions: DIMENSIONS },
  );
}

/** The first page of a daemon that does nothing else. */
async function timePages(
  bench: Bench,
  { env, ...job }: { index: string; delayMs: number; env: Record<string, string> },
) {
  const [port = 0] = await freePorts(1);
  const own = {
    ...env,
    HTTP_PORT: String(port),
    HTTP_REQUESTS_PER_MINUTE: "1000000",
    BACKFILL_SCHEDULE: "0 0 1 1 *",
    LOG_LEVEL: "info",
    LOG_FORMAT: "json",
  };
  await using daemon = startProgram(
    process.execPath,
    [MAIN],
    await settings(bench, { ...job, env: own }),
  );
  await daemon.line(/HTTP at/);
  await daemon.line(/^\{.*"event\.action":"cycle-ended".*\}$/);
  let likes = 0;
  const ask = async () => {
    const response = await fetch(`http://127.0.0.1:${port}/errors`);
    const page = await response.text();
    if (!response.ok) throw new Error(`${response.status} ${page.slice(0, 300)}`);
    likes = page.split('class="is-like"><a').length - 1;
  };
  // What is loaded and compiled with the first pages is no part of the others.
  await timeEach(3, ask);
  return { times: await timeEach(GOES, ask), likes };
}

type Made = Seen & { service: string };

/** Of groups that are alike the services differ, and a word. */
function makeGroup(number: number): Made {
  const [cluster, part] = [Math.floor(number / ALIKE), number % ALIKE];
  const text = `Step ${wordOf(cluster)} of job ${wordOf(part)} failed: 17 tries`;
  const service = `service-${wordOf(number % 40)}`;
  const { group, template } = groupOf({ text, service });
  const now = Date.now();
  const values = Float32Array.from({ length: GROUP_DIMENSIONS }, (_, at) => {
    return Math.sin(at * (cluster + 1) * 0.7) + 0.2 * Math.sin(at * (number + 1) * 1.3);
  });
  return {
    group,
    template,
    service,
    exception: null,
    example: { index: "", id: "", text },
    // A daemon that starts looks at records of the last hours, and keeps the memory: there is nothing for it to do.
    first_seen: new Date(now - 20 * HOUR_MS).toISOString(),
    last_seen: new Date(now - 10 * HOUR_MS).toISOString(),
    vector: { values, model: "local-hashing-v1" },
  };
}

/** A word for each number, without digits: those are masked. */
function wordOf(number: number): string {
  return [...String(number)].map((digit) => "abcdefghij".charAt(Number(digit))).join("");
}

async function indexRecords(index: BenchIndex, groups: readonly Made[]): Promise<void> {
  let lines: string[] = [];
  const flush = async () => {
    await index.bulk(lines.join(""));
    lines = [];
  };
  const vector = Array.from({ length: DIMENSIONS }, (_, at) => at / 100 + 0.01);
  for (const { group, service, example, first_seen: first } of groups) {
    for (let i = 0; i < RECORDS_OF_EACH; i++) {
      const source = {
        "@timestamp": new Date(Date.parse(first) + (i / 2) * HOUR_MS).toISOString(),
        level: "ERROR",
        message: example.text,
        service: { name: service },
        log_vector: vector,
        log_vector_meta: { model: "local-hashing-v1", dimensions: DIMENSIONS, group },
      };
      lines.push(`{"create":{"_index":"${index.name}"}}\n${JSON.stringify(source)}\n`);
    }
    if (lines.length >= BULK) await flush();
  }
  if (lines.length > 0) await flush();
  await index.refresh();
}
