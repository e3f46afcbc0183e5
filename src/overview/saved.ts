import { z } from "zod";

const dayShape = z.object({ day: z.iso.date(), vectors: z.int(), reused: z.int() });

/** Vectors written on a day (UTC), and how many of them were there already and cost nothing. */
export type VectorsOfDay = z.infer<typeof dayShape>;

const MAX_DAYS = 62;

export type VectorsByDay = {
  add(now: number, written: { vectors: number; reused: number }): void;
  days(): readonly VectorsOfDay[];
};

/** Goes on from what was kept; what of that makes no sense is left out. */
export function createVectorsByDay(kept: unknown): VectorsByDay {
  const read = z.array(z.unknown()).safeParse(kept).data ?? [];
  const days = read.flatMap((one) => dayShape.safeParse(one).data ?? []).slice(-MAX_DAYS);
  return {
    add(now, { vectors, reused }) {
      if (vectors === 0) return;
      const day = new Date(now).toISOString().slice(0, 10);
      const last = days.at(-1);
      if (last?.day === day) {
        last.vectors += vectors;
        last.reused += reused;
        return;
      }
      days.push({ day, vectors, reused });
      if (days.length > MAX_DAYS) days.shift();
    },
    days: () => days,
  };
}
