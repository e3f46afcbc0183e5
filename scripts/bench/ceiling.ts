import { stubVector } from "../../test/support/fakes/stub-vector.ts";
import type { BenchIndex } from "./index.ts";

const CONCURRENCY = [1, 2, 3, 4];
const BATCHES = [50, 100, 200];

/** How ready-made updates are sent. */
export type Cell = { concurrency: number; batch: number };

/** Requests that are ready to be sent, and how many updates they hold. */
type Bodies = { all: readonly Buffer[]; updates: number };

/** The cell of the grid in which the cluster takes them fastest. */
export async function bestCell(
  index: BenchIndex,
  ids: readonly string[],
  dimensions: number,
): Promise<Cell> {
  let best: (Cell & { perSecond: number }) | undefined;
  for (const batch of BATCHES) {
    const bodies = updateBodies(index.name, ids, batch, dimensions);
    for (const concurrency of CONCURRENCY) {
      const perSecond = await sendBodies(index, bodies, concurrency);
      if (!best || perSecond > best.perSecond) best = { perSecond, concurrency, batch };
    }
  }
  if (!best) throw new Error("no cell in the grid");
  return { concurrency: best.concurrency, batch: best.batch };
}

/** Updates with vector and stamp, made before the clock runs. */
export function updateBodies(
  index: string,
  ids: readonly string[],
  batch: number,
  dimensions: number,
): Bodies {
  const all: Buffer[] = [];
  for (let start = 0; start < ids.length; start += batch) {
    const lines = ids.slice(start, start + batch).map((id) => {
      const vector = Array.from(
        stubVector(id, dimensions),
        (value) => Math.round(value * 1e8) / 1e8,
      );
      const meta = { model: "bench", dimensions, text_hash: id, truncated: false };
      const doc = { log_vector: vector, log_vector_meta: meta };
      const action = { update: { _index: index, _id: id } };
      return `${JSON.stringify(action)}\n${JSON.stringify({ doc, detect_noop: false })}\n`;
    });
    all.push(Buffer.from(lines.join("")));
  }
  return { all, updates: ids.length };
}

/** Updates per second that the cluster takes. */
export async function sendBodies(
  index: BenchIndex,
  bodies: Bodies,
  concurrency: number,
): Promise<number> {
  const startedAt = performance.now();
  let next = 0;
  const send = async () => {
    for (let body = bodies.all[next++]; body; body = bodies.all[next++]) await index.bulk(body);
  };
  await Promise.all(Array.from({ length: concurrency }, send));
  return (bodies.updates / (performance.now() - startedAt)) * 1000;
}

/** Likewise, until all of them can be searched: a drain ends there too. */
export async function sendUntilFound(
  index: BenchIndex,
  bodies: Bodies,
  concurrency: number,
): Promise<number> {
  const startedAt = performance.now();
  await sendBodies(index, bodies, concurrency);
  await index.refresh();
  return (bodies.updates / (performance.now() - startedAt)) * 1000;
}
