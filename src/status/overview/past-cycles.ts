import { z } from "zod";
import { addFaultCounts } from "../../domain/fault-counts.ts";
import { Fault, FAULT_KINDS } from "../../domain/faults.ts";
import { vectorsWritten } from "../../domain/outcome.ts";
import type { Events } from "../../ports/events.ts";

const count = z.number().nonnegative();

/** One cycle, or a whole drain, that has ended. Times are ISO 8601, UTC. */
export const pastCycleShape = z.object({
  cycle: z.int(),
  drain: z.boolean(),
  started_at: z.iso.datetime(),
  duration_ms: count,
  /** null where not all of them could be seen, as in the next. */
  found: count.nullable(),
  backlog: count.nullable(),
  taken: count,
  vectors: count,
  reused: count,
  quarantined: count,
  deferred: count,
  /** Of the last two together, by kind of fault. */
  faults: z.partialRecord(z.enum(FAULT_KINDS), count),
  tokens: count,
  cost_usd: count.nullable(),
  /** Why it could not even begin; null where it did. */
  error: z.string().nullable(),
  /** Why a drain ended before nothing was left. */
  reason: z.string().exactOptional(),
});
export type PastCycle = z.infer<typeof pastCycleShape>;

const MAX_CYCLES = 50;

/** The latest fifty, oldest first. */
export type PastCycles = { add(cycle: PastCycle): void; all(): readonly PastCycle[] };

/** Goes on from what was kept; what of that makes no sense is left out. */
export function createPastCycles(kept: unknown): PastCycles {
  const read = z.array(z.unknown()).safeParse(kept).data ?? [];
  const cycles = read.flatMap((one) => pastCycleShape.safeParse(one).data ?? []).slice(-MAX_CYCLES);
  return {
    add(cycle) {
      cycles.push(cycle);
      if (cycles.length > MAX_CYCLES) cycles.shift();
    },
    all: () => cycles,
  };
}

/** It took records, and not one of them got its vector or turned out not to need one. */
export function gotNowhere({
  taken,
  vectors,
  deferred,
  quarantined,
}: Pick<PastCycle, "taken" | "vectors" | "deferred" | "quarantined">): boolean {
  return taken > 0 && vectors === 0 && deferred + quarantined >= taken;
}

/** When the last of them ended that came to something, in milliseconds since the epoch. */
export function lastSuccessIn(cycles: readonly PastCycle[]): number | undefined {
  const last = cycles.findLast((one) => one.error === null && !gotNowhere(one));
  return last && Date.parse(last.started_at) + last.duration_ms;
}

export function endedCycle(
  { cycle, drain, summary, faults, reason }: Parameters<Events["cycleEnded"]>[0],
  startedAt: string,
): PastCycle {
  const { outcomes, embedding } = summary;
  const { found, backlog, taken, duration_ms: duration } = summary;
  return {
    cycle,
    drain,
    started_at: startedAt,
    duration_ms: duration,
    found,
    backlog,
    taken,
    vectors: vectorsWritten(outcomes),
    reused: outcomes.reused,
    quarantined: outcomes.quarantined,
    deferred: outcomes.deferred,
    faults: addFaultCounts(faults, {}),
    tokens: embedding.tokens,
    cost_usd: embedding.cost_usd,
    error: null,
    ...(reason === undefined ? {} : { reason }),
  };
}

export function failedCycle(
  { cycle, error }: Parameters<Events["cycleFailed"]>[0],
  { startedAt, drain, durationMs }: { startedAt: string; drain: boolean; durationMs: number },
): PastCycle {
  const none = { found: 0, backlog: 0, taken: 0, vectors: 0, reused: 0 };
  return {
    cycle,
    drain,
    started_at: startedAt,
    duration_ms: durationMs,
    ...none,
    quarantined: 0,
    deferred: 0,
    faults: error instanceof Fault ? { [error.kind]: 1 } : {},
    tokens: 0,
    cost_usd: null,
    error: error instanceof Error ? error.message : String(error),
  };
}
