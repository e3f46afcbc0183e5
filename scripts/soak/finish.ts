import { setTimeout as sleep } from "node:timers/promises";
import { count } from "../../src/domain/count.ts";
import type { Crew } from "./crew.ts";
import { INDICES, GROUP, type World } from "./world.ts";

/** Refused and paused things come again after up to ten minutes. */
const PATIENCE_MS = 15 * 60_000;
const LOOK_MS = 2000;
const SAY_MS = 30_000;

type Parts = {
  world: Pick<World, "cluster" | "kafka" | "topic">;
  crew: Pick<Crew, "lives">;
  say: (line: string) => void;
  signal: AbortSignal;
};

/**
 * Waits until no document lacks its vector and the group has read everything, or there is nothing to hope for: patience
 * is at its end, or a process ended that nobody told to.
 */
export async function untilDone({
  world,
  crew,
  say,
  signal,
}: Parts): Promise<{ done: boolean; seconds: number }> {
  const startedAt = Date.now();
  let saidAt = startedAt;
  for (;;) {
    const left = await pending(world);
    const behind = await lag(world, signal);
    const seconds = Math.round((Date.now() - startedAt) / 1000);
    if (left === 0 && behind === 0) return { done: true, seconds };
    const lost = crew.lives.some(({ ended }) => ended?.by === "itself");
    if (lost || Date.now() - startedAt > PATIENCE_MS) return { done: false, seconds };
    if (Date.now() - saidAt > SAY_MS) {
      saidAt = Date.now();
      say(`without a vector: ${count(left, "record")}; not finished: ${count(behind, "message")}`);
    }
    await sleep(LOOK_MS, undefined, { signal });
  }
}

/** Records of the wanted level with neither a vector nor a mark. */
async function pending({ cluster }: Parts["world"]): Promise<number> {
  const index = INDICES.join(",");
  await cluster.send("POST", `/${index}/_refresh`);
  const { count: found } = await cluster.send("POST", `/${index}/_count`, {
    query: {
      bool: {
        filter: [{ terms: { level: ["ERROR", "error"] } }],
        must_not: [
          { exists: { field: "log_vector" } },
          { exists: { field: "log_vector_meta.skipped" } },
        ],
      },
    },
  });
  return Number(found);
}

async function lag({ kafka, topic }: Parts["world"], signal: AbortSignal): Promise<number> {
  const what = { group: GROUP, streams: [topic], from: "earliest" } as const;
  const rows = await kafka.topics.lag(what, signal);
  return rows.reduce((sum, row) => sum + row.lag, 0);
}
