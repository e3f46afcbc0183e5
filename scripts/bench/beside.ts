import { setTimeout as sleep } from "node:timers/promises";
import type { Bench, Measured, Size } from "./bench.ts";
import { withErrors } from "./drain.ts";
import { withIndex } from "./index.ts";
import { indexLogs, makeLogs } from "./logs.ts";
import { alternate, ratio, sampleOf, shown } from "./samples.ts";
import { drain } from "./vectorizer.ts";

type Amounts = { docs: number; rounds: number; aloneMs: number };
const AMOUNTS: Record<Size, Amounts> = {
  quick: { docs: 200, rounds: 1, aloneMs: 1000 },
  normal: { docs: 1000, rounds: 3, aloneMs: 4000 },
  full: { docs: 4000, rounds: 3, aloneMs: 10_000 },
};
const EMBEDDER_MS = 50;
/** Logs in a bulk of the neighbour. */
const BULK = 100;
/** From one bulk of the neighbour to the next. */
const PAUSE_MS = 20;
const WAYS = { polite: [], full_speed: ["--full-speed"] } as const;

/** What a drain does to others who index into the same cluster: their bulks beside one, and alone. */
export async function benchBeside(bench: Bench): Promise<Measured> {
  const { docs, rounds, aloneMs } = AMOUNTS[bench.size];
  const drains: Record<keyof typeof WAYS, number[]> = { polite: [], full_speed: [] };
  const besideDrain = (way: keyof typeof WAYS) => async () => {
    bench.say(`  indexing beside a drain, ${way}`);
    return withErrors(bench, docs, ({ name }) =>
      neighbour(bench, async () => {
        const { summary } = await drain(bench, {
          index: name,
          delayMs: EMBEDDER_MS,
          flags: WAYS[way],
        });
        drains[way].push((docs / summary.duration_ms) * 1000);
      }),
    );
  };
  const bulkMs = await alternate(rounds, {
    alone: async (number) => {
      bench.say(`Round ${number + 1} of ${rounds}: indexing alone`);
      return neighbour(bench, () => sleep(aloneMs, undefined, { signal: bench.signal }));
    },
    polite: besideDrain("polite"),
    full_speed: besideDrain("full_speed"),
  });
  const alone = sampleOf(bulkMs.alone);
  const ways = (["polite", "full_speed"] as const).map((way) => {
    const own = sampleOf(bulkMs[way]);
    const speed = sampleOf(drains[way]);
    return { way, own, speed, times: ratio(own.median, alone.median) };
  });
  return {
    figures: {
      logs_in_a_bulk: BULK,
      bulk_ms_alone: alone,
      ...Object.fromEntries(
        ways.map(({ way, own, speed, times }) => [
          way,
          { bulk_ms: own, ratio_to_alone: times, drain_docs_per_second: speed },
        ]),
      ),
    },
    rows: ways.map(({ way, own, speed, times }) => ({
      what: `a neighbour's bulk beside a drain, ${way.replace("_", " ")} (${shown(speed, "docs/s")})`,
      value: shown(own, "ms"),
      reference: `alone ${shown(alone, "ms")}`,
      ratio: times,
    })),
  };
}

/** The middle time in ms of the bulks of somebody who indexes steadily for as long as the work takes. */
async function neighbour(bench: Bench, work: () => Promise<void>): Promise<number> {
  return withIndex(bench, async (index) => {
    const times: number[] = [];
    const state = { done: false };
    const working = work().finally(() => (state.done = true));
    const indexing = (async () => {
      for (let bulk = 0; !state.done; bulk++) {
        const logs = [...makeLogs(`neighbour-${bulk}`, BULK, () => "INFO")];
        const startedAt = performance.now();
        await indexLogs(index, logs);
        times.push(performance.now() - startedAt);
        await sleep(PAUSE_MS, undefined, { signal: bench.signal });
      }
    })();
    await Promise.all([working, indexing]);
    return sampleOf(times).median;
  });
}
