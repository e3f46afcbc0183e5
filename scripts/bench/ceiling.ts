import { stubVector } from "../../test/support/stub-vector.ts";
import type { BenchIndex } from "./index.ts";

const CONCURRENCY = [1, 2, 3, 4];
const BATCHES = [50, 100, 200];
/** Documents per cell of the grid. */
const GRID_DOCS = 2000;

export type Ceiling = { vectorsPerSecond: number; concurrency: number; batch: number };

/**
 * How fast the cluster takes ready-made updates, vector and stamp, that cost the client nothing: the best cell of a grid,
 * then that cell once more on `ids`.
 */
export async function measureCeiling(
  index: BenchIndex,
  ids: readonly string[],
  dimensions: number,
): Promise<Ceiling> {
  let best: Ceiling | undefined;
  for (const batch of BATCHES) {
    const bodies = updateBodies(index.name, ids.slice(0, GRID_DOCS), batch, dimensions);
    for (const concurrency of CONCURRENCY) {
      const vectorsPerSecond = await sendAll(index, bodies, concurrency, GRID_DOCS);
      if (!best || vectorsPerSecond > best.vectorsPerSecond) {
        best = { vectorsPerSecond, concurrency, batch };
      }
    }
  }
  if (!best) throw new Error("no cell in the grid");
  const { batch, concurrency } = best;
  const bodies = updateBodies(index.name, ids, batch, dimensions);
  return {
    batch,
    concurrency,
    vectorsPerSecond: await sendAll(index, bodies, concurrency, ids.length),
  };
}

/** Made before the clock runs. */
function updateBodies(
  index: string,
  ids: readonly string[],
  batch: number,
  dimensions: number,
): Buffer[] {
  const bodies: Buffer[] = [];
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
    bodies.push(Buffer.from(lines.join("")));
  }
  return bodies;
}

async function sendAll(
  index: BenchIndex,
  bodies: readonly Buffer[],
  concurrency: number,
  docs: number,
): Promise<number> {
  const startedAt = performance.now();
  let next = 0;
  const send = async () => {
    for (let body = bodies[next++]; body; body = bodies[next++]) await index.bulk(body);
  };
  await Promise.all(Array.from({ length: concurrency }, send));
  return (docs / (performance.now() - startedAt)) * 1000;
}
