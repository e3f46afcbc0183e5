import { z } from "zod";
import type { StateStore } from "../ports/state-store.ts";

/**
 * What one process did since its line before. `usd` is null where the price is unknown. `held`: what it has put aside for
 * itself of the day's budget, less what it has given back or spent of that; it counts as spent to everybody else.
 */
const lineShape = z.object({
  by: z.string(),
  n: z.int(),
  tokens: z.number(),
  usd: z.number().nullable(),
  held: z.number(),
});
export type SpendingEntry = z.infer<typeof lineShape>;

const DAY_MS = 24 * 3_600_000;
const KEPT_DAYS = 60;
const PREFIX = "spent-";

/** The day in UTC, as in 2026-01-02. */
export function dayOf(ms: number): string {
  return new Date(ms).toISOString().slice(0, 10);
}

export function nextDay(ms: number): Date {
  return new Date(Math.floor(ms / DAY_MS) * DAY_MS + DAY_MS);
}

export function appendSpending(
  state: Pick<StateStore, "append">,
  day: string,
  line: SpendingEntry,
): Promise<void> {
  return state.append(`${PREFIX}${day}`, line);
}

export async function readSpending(
  state: Pick<StateStore, "lines">,
  day: string,
): Promise<SpendingEntry[]> {
  const lines = await state.lines(`${PREFIX}${day}`);
  const parsed = lines.flatMap((line) => lineShape.safeParse(line).data ?? []);
  // A disk that became full may have taken a line that its process then wrote again.
  const first = new Map<string, SpendingEntry>();
  for (const line of parsed) {
    const key = `${line.n} ${line.by}`;
    if (!first.has(key)) first.set(key, line);
  }
  return [...first.values()];
}

/** USD that are spent or put aside. */
export function committedIn(lines: readonly SpendingEntry[]): number {
  return lines.reduce((sum, { usd, held }) => sum + (usd ?? 0) + held, 0);
}

export async function removeOldDays(
  state: Pick<StateStore, "journals" | "removeJournal">,
  now: number,
): Promise<void> {
  const oldest = `${PREFIX}${dayOf(now - KEPT_DAYS * DAY_MS)}`;
  for (const ledger of await state.journals()) {
    if (ledger.startsWith(PREFIX) && ledger < oldest) await state.removeJournal(ledger);
  }
}

/** What all processes spent on embedding today, as `status --json` prints it. */
export type SpentToday = {
  /** In UTC. */
  day: string;
} & Cost & {
    /** MAX_COST_USD_PER_DAY; null where it is not set. */
    limit_usd: number | null;
  };

/** Of a day or a month. */
export type Cost = {
  tokens: number;
  /** Of the tokens that had a price when they were used; null where none of them had one. */
  cost_usd: number | null;
  /** Of the tokens, those that had none, where others had one: the cost is at least so much. */
  unpriced_tokens?: number;
};

export function costOf(lines: readonly SpendingEntry[]): Cost {
  const tokensOf = (some: readonly SpendingEntry[]) =>
    some.reduce((sum, line) => sum + line.tokens, 0);
  const priced = lines.filter(({ usd }) => usd !== null);
  const unpriced = tokensOf(lines.filter(({ usd }) => usd === null));
  const tokens = tokensOf(lines);
  if (unpriced > 0 && unpriced === tokens) return { tokens, cost_usd: null };
  return {
    tokens,
    cost_usd: priced.reduce((sum, { usd }) => sum + (usd ?? 0), 0),
    ...(unpriced > 0 ? { unpriced_tokens: unpriced } : {}),
  };
}

export async function readSpent(
  state: Pick<StateStore, "lines">,
  now: number,
  usdPerDay: number | undefined,
): Promise<SpentToday> {
  const day = dayOf(now);
  return { day, ...costOf(await readSpending(state, day)), limit_usd: usdPerDay ?? null };
}
