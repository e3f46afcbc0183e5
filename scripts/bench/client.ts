import { setTimeout as sleep } from "node:timers/promises";
import type { Bench, Measured, Size } from "./bench.ts";
import { MAIN } from "./bench.ts";
import { withErrors } from "./drain.ts";
import type { BenchIndex } from "./index.ts";
import { startProgram } from "./program.ts";
import { round, sampleOf, shown } from "./samples.ts";
import { drain, settings } from "./vectorizer.ts";

type Amounts = { docs: number; rounds: number; backlogs: readonly number[] };
const AMOUNTS: Record<Size, Amounts> = {
  quick: { docs: 200, rounds: 1, backlogs: [500] },
  normal: { docs: 2000, rounds: 3, backlogs: [1000, 100_000] },
  full: { docs: 4000, rounds: 3, backlogs: [1000, 100_000, 1_000_000] },
};
/** So many vectors are written of a larger backlog, then it is stopped. */
const ENOUGH = 2000;
const POLL_MS = 100;

/** What a vector costs the machine that the service runs on, and whether the memory depends on the backlog. */
export async function benchClient(bench: Bench): Promise<Measured> {
  const { docs, rounds, backlogs } = AMOUNTS[bench.size];
  const drains: number[] = [];
  const starts: number[] = [];
  for (let go = 0; go < rounds; go++) {
    bench.say(`Processor time, ${go + 1} of ${rounds}`);
    const full = await withErrors(bench, docs, ({ name }) =>
      drain(bench, { index: name, delayMs: 0 }),
    );
    // What is loaded with the first text, the embedder's client above all, is loaded once in a process.
    const one = await withErrors(bench, 1, ({ name }) => drain(bench, { index: name, delayMs: 0 }));
    starts.push(one.usage.cpuMs);
    drains.push(full.usage.cpuMs);
  }
  bench.say("Where the time and the memory go");
  const perVector = async (profile: "cpu" | "heap", digits: number) => {
    const { usage } = await withErrors(bench, docs, ({ name }) =>
      drain(bench, { index: name, delayMs: 0, profile }),
    );
    const kinds = Object.entries(usage.profile ?? {}).toSorted(([, a], [, b]) => b - a);
    return Object.fromEntries(kinds.map(([kind, sum]) => [kind, round(sum / docs, digits)]));
  };
  const milliseconds = await perVector("cpu", 3);
  const bytes = await perVector("heap", 0);
  const peaks: Record<string, number> = {};
  for (const backlog of backlogs) {
    bench.say(`Memory at a backlog of ${backlog}`);
    peaks[backlog] = await withErrors(bench, backlog, (index) => peak(bench, index, backlog));
  }
  const allocated = Object.values(bytes).reduce((sum, one) => sum + one, 0);
  const start = sampleOf(starts);
  // One start is no measure for one drain: both swing by more than a vector costs.
  const own = sampleOf(
    drains.map((ms) => (ms - start.median) / (docs - 1)),
    3,
  );
  return {
    figures: {
      docs,
      cpu_ms_per_vector: own,
      cpu_ms_of_the_start_and_one_vector: start,
      profiled_ms_per_vector: milliseconds,
      bytes_allocated_per_vector: allocated,
      profiled_bytes_per_vector: bytes,
      peak_megabytes_at_backlog: peaks,
    },
    rows: [
      { what: "processor time per further vector", value: shown(own, "ms") },
      { what: "allocated per vector", value: `${Math.round(allocated / 1000)} KB` },
      ...Object.entries(peaks).map(([backlog, megabytes]) => ({
        what: `peak memory at a backlog of ${backlog}`,
        value: `${megabytes} MB`,
      })),
    ],
  };
}

/** The most memory of a drain that is stopped after some thousand vectors. */
async function peak(bench: Bench, index: BenchIndex, backlog: number): Promise<number> {
  const env = await settings(bench, { index: index.name, delayMs: 0 });
  const before = await index.writes();
  const program = startProgram(process.execPath, [MAIN, "--drain"], env);
  const wanted = Math.min(ENOUGH, backlog);
  let megabytes = 0;
  while (program.runs()) {
    megabytes = Math.max(megabytes, program.peakMegabytes());
    if ((await index.writes()) - before >= wanted) break;
    await sleep(POLL_MS, undefined, { signal: bench.signal });
  }
  await program.stop();
  return megabytes;
}
