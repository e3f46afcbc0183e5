import { z } from "zod";
import type { Outcomes } from "../../domain/outcome.ts";

const dayShape = z.object({
  day: z.iso.date(),
  vectors: z.int(),
  reused: z.int(),
  /** Texts that were paid for, and what they cost; null where the price is unknown. Older files have neither. */
  texts: z.int().default(0),
  cost_usd: z.number().nullable().default(0),
});

/** Vectors written on a day (UTC), how many of them cost nothing, and what was paid for. */
export type VectorsOfDay = z.infer<typeof dayShape>;

/** Vectors that cost nothing, because an equal text had one; valued at the average price of those paid for. */
export const savedShape = z.object({
  vectors: z.int().nonnegative(),
  usd: z.number().nullable().describe("null where a price is unknown."),
});
export type Saved = z.infer<typeof savedShape>;

const MAX_DAYS = 62;

export type DailyVectorCounts = {
  written(now: number, outcomes: Readonly<Partial<Outcomes>>): void;
  paid(now: number, texts: number, costUsd: number | null): void;
  days(): readonly VectorsOfDay[];
};

/** Goes on from what was kept; what of that makes no sense is left out. */
export function createDailyVectorCounts(kept: unknown): DailyVectorCounts {
  const days = daysIn(kept);
  const dayOf = (now: number): VectorsOfDay => {
    const day = new Date(now).toISOString().slice(0, 10);
    const last = days.at(-1);
    if (last?.day === day) return last;
    const added: VectorsOfDay = { day, vectors: 0, reused: 0, texts: 0, cost_usd: 0 };
    days.push(added);
    if (days.length > MAX_DAYS) days.shift();
    return added;
  };
  return {
    written(now, { updated = 0, reused = 0 }) {
      const vectors = updated + reused;
      if (vectors === 0) return;
      const day = dayOf(now);
      day.vectors += vectors;
      day.reused += reused;
    },
    paid(now, texts, costUsd) {
      if (texts === 0) return;
      const day = dayOf(now);
      day.texts += texts;
      day.cost_usd = day.cost_usd === null || costUsd === null ? null : day.cost_usd + costUsd;
    },
    days: () => days,
  };
}

export function daysIn(kept: unknown): VectorsOfDay[] {
  const read = z.array(z.unknown()).safeParse(kept).data ?? [];
  return read.flatMap((one) => dayShape.safeParse(one).data ?? []).slice(-MAX_DAYS);
}

/** Over all days of a month, as in 2026-01. */
export function savedIn(all: readonly VectorsOfDay[], month: string): Saved {
  const sum = { vectors: 0, texts: 0, cost: 0 as number | null };
  for (const { day, reused, texts, cost_usd: cost } of all) {
    if (!day.startsWith(month)) continue;
    sum.vectors += reused;
    sum.texts += texts;
    sum.cost = sum.cost === null || cost === null ? null : sum.cost + cost;
  }
  const { vectors, texts, cost } = sum;
  return { vectors, usd: cost !== null && texts > 0 ? (cost / texts) * vectors : null };
}
