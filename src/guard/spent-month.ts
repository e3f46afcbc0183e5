import type { StateStore } from "../ports/state-store.ts";
import { dayOf, spentLines } from "./spent-ledger.ts";

/** What all processes spent on embedding this month (UTC). */
export type SpentMonth = {
  /** As in 2026-01. */
  month: string;
  tokens: number;
  /** null where the price is unknown. */
  cost_usd: number | null;
  /** What the whole month comes to where it goes on as it did so far; null where that is not known. */
  forecast_usd: number | null;
};

const DAY_MS = 24 * 3_600_000;

export async function readSpentMonth(
  state: Pick<StateStore, "lines" | "ledgers">,
  now: number,
): Promise<SpentMonth> {
  const month = dayOf(now).slice(0, 7);
  const days = (await state.ledgers()).flatMap(
    (name) => /^spent-(\d{4}-\d\d-\d\d)$/.exec(name)?.[1] ?? [],
  );
  const ofMonth = days.filter((day) => day.startsWith(month)).toSorted();
  let tokens = 0;
  let cost: number | null = 0;
  for (const day of ofMonth) {
    for (const line of await spentLines(state, day)) {
      tokens += line.tokens;
      cost = cost === null || line.usd === null ? null : cost + line.usd;
    }
  }
  const [first] = ofMonth;
  return {
    month,
    tokens,
    cost_usd: cost,
    forecast_usd: first && cost !== null ? forecast(cost, first, now) : cost,
  };
}

/** From the first day with any cost on, so that a month that was begun late is not taken for a cheap one. */
function forecast(cost: number, firstDay: string, now: number): number {
  const began = Date.parse(firstDay);
  const ends = Date.UTC(new Date(now).getUTCFullYear(), new Date(now).getUTCMonth() + 1, 1);
  // A few minutes say nothing about a month.
  const passed = Math.max(now - began, DAY_MS / 4);
  return cost + (cost / passed) * (ends - now);
}
