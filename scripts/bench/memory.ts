import { randomUUID } from "node:crypto";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { MAIN, type Bench, type Measured, type Row, type Size } from "./bench.ts";
import { measureBombs, type Bombed } from "./bombs.ts";
import { withIndex, type BenchIndex } from "./index.ts";
import { indexLargeRecords } from "./large-records.ts";
import { measurePage } from "./memory-page.ts";
import { startProgram } from "./program.ts";
import { settings } from "./vectorizer.ts";

type Amounts = { records: number; larger: number; pending: number; bombMegabytes: number };
const AMOUNTS: Record<Size, Amounts> = {
  quick: { records: 20, larger: 2, pending: 40, bombMegabytes: 100 },
  normal: { records: 100, larger: 20, pending: 1000, bombMegabytes: 1000 },
  full: { records: 100, larger: 50, pending: 3000, bombMegabytes: 1000 },
};
const MEGABYTE = 1_000_000;
/** OpenSearch takes no longer string. */
const LARGEST = 45 * MEGABYTE;
/** What the project's own manifests give a container. */
const CONTAINER = "512 MiB";
const POLL_MS = 20;

/** How much memory each command takes at its most, where records are large and Kafka's batches are bombs. */
export async function benchMemory(bench: Bench): Promise<Measured> {
  const { records, larger, pending, bombMegabytes } = AMOUNTS[bench.size];
  const rows: Row[] = [];
  const peaks: Record<string, number> = {};
  const figures: Record<string, unknown> = { records, larger, pending, peak_megabytes: peaks };
  const note = (what: string, megabytes: number) => {
    peaks[what] = megabytes;
    rows.push({
      what: `peak memory, ${what}`,
      value: `${megabytes} MB`,
      reference: `of ${CONTAINER}`,
    });
    bench.say(`  ${what}: ${megabytes} MB`);
  };
  const filled = <T>(count: number, bytes: number, work: (index: BenchIndex) => Promise<T>) =>
    withIndex(bench, async (index) => {
      bench.say(`${count} records of ${bytes / MEGABYTE} MB`);
      await indexLargeRecords(index, { count, bytes });
      return work(index);
    });
  const largest = `a record of ${LARGEST / MEGABYTE} MB`;
  note(
    `--once over ${largest}`,
    await filled(1, LARGEST, (index) => peakOf(bench, index, ["--once"])),
  );
  for (const [count, bytes] of [
    [larger, 10 * MEGABYTE],
    [records, MEGABYTE],
  ] as const) {
    const what = `${count} records of ${bytes / MEGABYTE} MB`;
    await filled(count, bytes, async (index) => {
      note(`--once over ${what}`, await peakOf(bench, index, ["--once"]));
      await index.refresh();
      const words = ["search", "request failed at handler 7", "--limit", "100", "--json"];
      note(`search over ${what}`, await peakOf(bench, index, words));
      if (bytes !== MEGABYTE) return;
      const page = await measurePage(bench, index, { records: count, bytes });
      note(`daemon: four searches at once, and a cycle, over ${what}`, page.peak_megabytes);
      rows.push({
        what: `GET /health meanwhile (${page.health.requests} requests)`,
        value: `p50 ${page.health.p50_ms} ms, p99 ${page.health.p99_ms} ms`,
      });
      figures["daemon"] = page;
    });
  }
  await filled(pending, MEGABYTE, async (index) => {
    note(`--drain of ${pending} records of 1 MB`, await peakOf(bench, index, ["--drain"]));
  });
  const bombs: Bombed[] = await measureBombs(bench, bombMegabytes);
  for (const { codec, megabytes, peak_megabytes: peak } of bombs) {
    note(`tail at ${megabytes} MB of zeros in one batch of ${codec}`, peak);
  }
  return { figures: { ...figures, bombs }, rows };
}

/** The most that a command of the service holds until it ends. Throws where it does not end well. */
async function peakOf(bench: Bench, index: BenchIndex, args: readonly string[]): Promise<number> {
  const env = await settings(bench, {
    index: index.name,
    delayMs: 0,
    env: { STATE_DIR: join(bench.folder, `state-${randomUUID()}`) },
  });
  const program = startProgram(process.execPath, [MAIN, ...args], env);
  let megabytes = 0;
  while (program.runs()) {
    megabytes = Math.max(megabytes, program.peakMegabytes());
    await sleep(POLL_MS, undefined, { signal: bench.signal });
  }
  const code = program.exitCode();
  if (code !== 0) throw new Error(`${args.join(" ")} ended with ${code ?? "a signal"}`);
  return megabytes;
}
