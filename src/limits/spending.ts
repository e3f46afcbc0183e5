import { z } from "zod";
import type { StateStore } from "../ports/state-store.ts";

/**
 * Journal entry: what one process spent since its entry before. `usd`: null where the price is unknown. `held`: change
 * of its reservation, which counts as spent for other processes.
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

/** The UTC day, such as 2026-01-02. */
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
  // When the disk was full, a process may have written an entry twice: the first one counts.
  const first = new Map<string, SpendingEntry>();
  for (const line of parsed) {
    const key = `${line.n} ${line.by}`;
    if (!first.has(key)) first.set(key, line);
  }
  return [...first.values()];
}

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

/** Today's spending of all processes, as `status --json` prints it. */
export const costShape = z.object({
  tokens: z.int().nonnegative(),
  cost_usd: z
    .number()
    .nullable()
    .describe("Of the tokens with a known price; null where no token has one."),
  unpriced_tokens: z
    .int()
    .exactOptional()
    .describe("Tokens without a known price, where others have one: `cost_usd` is a lower bound."),
});
export type Cost = z.infer<typeof costShape>;

export const spentTodayShape = costShape.extend({
  day: z.string().describe("UTC, such as 2026-01-31."),
  limit_usd: z.number().nullable().describe("MAX_COST_USD_PER_DAY; null where it is not set."),
});
export type SpentToday = z.infer<typeof spentTodayShape>;

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
