import { DIMENSIONS, type Bench, type Measured, type Row, type Size } from "./bench.ts";
import { bestCell, sendUntilFound, updateBodies, type Cell } from "./ceiling.ts";
import { withIndex, type BenchIndex } from "./index.ts";
import { indexLogs, makeLogs } from "./logs.ts";
import { plainLoop } from "./plain-loop.ts";
import { alternate, ratio, round, sampleOf, shown } from "./samples.ts";
import { drain, type Summary } from "./vectorizer.ts";
import type { Usage } from "./usage.ts";

type Amounts = {
  docs: number;
  plainDocs: number;
  gridDocs: number;
  rounds: number;
  delaysMs: readonly number[];
};

const AMOUNTS: Record<Size, Amounts> = {
  quick: { docs: 300, plainDocs: 100, gridDocs: 0, rounds: 1, delaysMs: [50] },
  normal: { docs: 4000, plainDocs: 1000, gridDocs: 2000, rounds: 3, delaysMs: [50, 400] },
  full: { docs: 20_000, plainDocs: 1000, gridDocs: 2000, rounds: 3, delaysMs: [50, 400] },
};
/** Where no grid is measured. */
const USUAL_CELL: Cell = { concurrency: 2, batch: 100 };

type Drained = { summary: Summary; usage: Usage };

/**
 * A drain of texts that are all different, beside ready-made updates of as many documents, which cost the client nothing
 * (the ceiling), and beside the loop that one would write oneself. The clock of a drain begins with its first query.
 */
export async function benchDrain(bench: Bench): Promise<Measured> {
  const { docs, plainDocs, gridDocs, rounds, delaysMs } = AMOUNTS[bench.size];
  const filled = <T>(count: number, work: (index: BenchIndex, ids: string[]) => Promise<T>) =>
    withErrors(bench, count, work);
  bench.say(gridDocs > 0 ? "The best form of ready-made updates" : "No grid: the usual form");
  const cell =
    gridDocs > 0
      ? await filled(gridDocs, (index, ids) => bestCell(index, ids, DIMENSIONS))
      : USUAL_CELL;
  const drains = new Map<number, Drained[]>(delaysMs.map((delayMs) => [delayMs, []]));
  const ceiling = async (number: number) => {
    bench.say(`Round ${number + 1} of ${rounds}: ready-made updates`);
    return filled(docs, async (index, ids) => {
      const bodies = updateBodies(index.name, ids, cell.batch, DIMENSIONS);
      return sendUntilFound(index, bodies, cell.concurrency);
    });
  };
  const drained = (delayMs: number) => async () => {
    bench.say(`  drain, embedder at ${delayMs} ms`);
    return filled(docs, async (index) => {
      const done = await drain(bench, { index: index.name, delayMs });
      drains.get(delayMs)?.push(done);
      return (docs / done.summary.duration_ms) * 1000;
    });
  };
  const plain = (delayMs: number) => async () => {
    bench.say(`  plain loop, embedder at ${delayMs} ms`);
    const url = await bench.openSearch();
    const embedder = await bench.embedder(delayMs);
    return filled(plainDocs, (index) => plainLoop({ url, embedder, index: index.name }));
  };
  const measured = await alternate<string>(rounds, {
    ceiling,
    ...Object.fromEntries(
      delaysMs.flatMap((delayMs) => [
        [`drain ${delayMs}`, drained(delayMs)],
        [`plain ${delayMs}`, plain(delayMs)],
      ]),
    ),
  });
  return report({ measured, delaysMs, docs, cell, drains });
}

/** Works on a fresh index with so many ERROR documents, whose texts are all different. */
export function withErrors<T>(
  bench: Bench,
  count: number,
  work: (index: BenchIndex, ids: string[]) => Promise<T>,
): Promise<T> {
  return withIndex(bench, async (index) => {
    const logs = [...makeLogs("error", count, () => "ERROR")];
    await indexLogs(index, logs);
    await index.refresh();
    return work(
      index,
      logs.map(({ log_id: id }) => id),
    );
  });
}

type Outcome = {
  measured: Record<string, number[]>;
  delaysMs: readonly number[];
  docs: number;
  cell: Cell;
  drains: ReadonlyMap<number, readonly Drained[]>;
};

function report({ measured, delaysMs, docs, cell, drains }: Outcome): Measured {
  const ceiling = sampleOf(measured["ceiling"] ?? []);
  const rows: Row[] = [];
  const byDelay = delaysMs.map((delayMs) => {
    const own = sampleOf(measured[`drain ${delayMs}`] ?? []);
    const plain = sampleOf(measured[`plain ${delayMs}`] ?? []);
    const ofCeiling = ratio(own.median, ceiling.median);
    const ofPlain = ratio(own.median, plain.median);
    const what = `drain, embedder at ${delayMs} ms`;
    const value = shown(own, "docs/s");
    rows.push(
      { what, value, reference: `ceiling ${shown(ceiling, "docs/s")}`, ratio: ofCeiling },
      { what, value, reference: `plain loop ${shown(plain, "docs/s")}`, ratio: ofPlain },
    );
    const done = drains.get(delayMs) ?? [];
    const cpu = sampleOf(
      done.map(({ usage }) => usage.cpuMs / docs),
      3,
    );
    const peak = sampleOf(done.map(({ usage }) => usage.peakMegabytes));
    const requests = round((done[0]?.summary.embedding.requests ?? 0) / docs, 4);
    return {
      embedder_ms: delayMs,
      docs_per_second: own,
      ratio_to_ceiling: ofCeiling,
      plain_loop_docs_per_second: plain,
      ratio_to_plain_loop: ofPlain,
      requests_per_document: requests,
      cpu_ms_per_vector_with_start: cpu,
      peak_megabytes: peak,
    };
  });
  const best = { concurrency: cell.concurrency, batch: cell.batch };
  return {
    figures: { docs, ceiling_docs_per_second: ceiling, ceiling_form: best, drains: byDelay },
    rows,
  };
}
