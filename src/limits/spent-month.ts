import { z } from "zod";
import type { StateStore } from "../ports/state-store.ts";
import { costOf, costShape, dayOf, readSpending } from "./spending.ts";

/** This UTC month's spending of all processes. */
export const spentMonthShape = costShape.extend({
  month: z.string().describe("Such as 2026-01."),
  forecast_usd: z
    .number()
    .nullable()
    .describe("The month's total at the average rate so far; null where a price is unknown."),
});
export type SpentMonth = z.infer<typeof spentMonthShape>;

const DAY_MS = 24 * 3_600_000;

export async function readSpentMonth(
  state: Pick<StateStore, "lines" | "journals">,
  now: number,
): Promise<SpentMonth> {
  const month = dayOf(now).slice(0, 7);
  const days = (await state.journals()).flatMap(
    (name) => /^spent-(\d{4}-\d\d-\d\d)$/.exec(name)?.[1] ?? [],
  );
  const ofMonth = days.filter((day) => day.startsWith(month)).toSorted();
  const lines = (await Promise.all(ofMonth.map((day) => readSpending(state, day)))).flat();
  const cost = costOf(lines);
  const { cost_usd: known, unpriced_tokens: unpriced = 0 } = cost;
  const [first] = ofMonth;
  if (known === null || unpriced > 0) return { month, ...cost, forecast_usd: null };
  return { month, ...cost, forecast_usd: first ? forecast(known, first, now) : known };
}

/** Extrapolates from the first day with spending, so that a late start does not lower the forecast. */
function forecast(cost: number, firstDay: string, now: number): number {
  const began = Date.parse(firstDay);
  const ends = Date.UTC(new Date(now).getUTCFullYear(), new Date(now).getUTCMonth() + 1, 1);
  // At least six hours, since a rate of a few minutes is no forecast.
  const passed = Math.max(now - began, DAY_MS / 4);
  return cost + (cost / passed) * (ends - now);
}
