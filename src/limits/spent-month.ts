import type { StateStore } from "../ports/state-store.ts";
import { costOf, dayOf, readSpending, type Cost } from "./spending.ts";

/** What all processes spent on embedding this month (UTC). */
export type SpentMonth = {
  /** As in 2026-01. */
  month: string;
} & Cost & {
    /** What the whole month comes to where it goes on as it did so far; null where that is not known. */
    forecast_usd: number | null;
  };

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

/** From the first day with any cost on, so that a month that was begun late is not taken for a cheap one. */
function forecast(cost: number, firstDay: string, now: number): number {
  const began = Date.parse(firstDay);
  const ends = Date.UTC(new Date(now).getUTCFullYear(), new Date(now).getUTCMonth() + 1, 1);
  // A few minutes say nothing about a month.
  const passed = Math.max(now - began, DAY_MS / 4);
  return cost + (cost / passed) * (ends - now);
}
