import type { StateStore } from "../ports/state-store.ts";
import { appendSpending, committedIn, removeOldDays, readSpending } from "./spending.ts";

/** One process's share of one day's budget, kept in the day's ledger. */
export type DailyBudgetReservation = {
  readonly day: string;
  /** Sees that so much is put aside where it can be had: `usd` at best, nothing where not even `least` can. */
  reserve(usd: number, minimum: number): Promise<void>;
  /** Put aside and not in use; Infinity where there is no limit. */
  available(): number;
  /** Takes part of that into use, until it is spent or turns out not to be. */
  use(usd: number): (tokens: number) => void;
  /** Spent by all processes, or put aside and not free here, as it was known last. */
  committedUsd(): number;
  /** Writes down what was spent, and gives back what is not in use. */
  flush(): Promise<void>;
};

type ReservationDeps = {
  state: StateStore;
  day: string;
  /** Names the process in the ledger. */
  by: string;
  usdPerToken: number | null;
  limitUsd: number | undefined;
  clock: { now(): number };
};

/** Of the day's limit, so much is put aside at once: a line in the ledger for each request would be too many. */
const SHARE = 1 / 400;
const LINE_EVERY_MS = 5000;

/**
 * Nothing is spent that was not put aside before. Who appends a line owns what the lines before it have left: so several
 * processes never share one cent, and one that is killed loses its share for the day.
 */
export function createDailyBudgetReservation(deps: ReservationDeps): DailyBudgetReservation {
  const { state, day, by, usdPerToken, limitUsd, clock } = deps;
  /** Sums of floating-point numbers miss by this much at most. */
  const tolerance = (limitUsd ?? 0) * 1e-9;
  const unsaved = { tokens: 0, usd: 0, held: 0 };
  let lines = 0;
  let lineAt = -Infinity;
  let held = 0;
  let inUse = 0;
  let committed = 0;

  const write = async (putAside: number): Promise<number> => {
    const n = ++lines;
    const { tokens, usd, held: change } = unsaved;
    Object.assign(unsaved, { tokens: 0, usd: 0, held: 0 });
    lineAt = clock.now();
    if (n === 1) await removeOldDays(state, clock.now());
    const known = usdPerToken === null ? null : usd;
    await appendSpending(state, day, { by, n, tokens, usd: known, held: change + putAside });
    return n;
  };
  const available = () => (limitUsd === undefined ? Infinity : held - inUse + tolerance);

  const provide = async (limit: number, usd: number, least: number) => {
    if (usd <= available()) return;
    committed = committedIn(await readSpending(state, day));
    const missing = (wanted: number) => wanted - (held - inUse);
    if (missing(least) > limit - committed + tolerance) return;
    const wanted = Math.min(Math.max(missing(usd), limit * SHARE), limit - committed);
    if (wanted <= 0) return;
    const n = await write(wanted);
    const all = await readSpending(state, day);
    const place = all.findIndex((line) => line.by === by && line.n === n);
    const left = limit - committedIn(all.slice(0, place));
    const granted = Math.max(0, Math.min(wanted, left));
    held += granted;
    committed = committedIn(all);
    if (granted < wanted) await write(granted - wanted);
  };

  return {
    day,
    available,
    committedUsd: () => committed - Math.max(0, held - inUse),
    reserve: async (usd, least) => {
      if (limitUsd !== undefined) await provide(limitUsd, usd, least);
    },
    use(usd) {
      inUse += usd;
      return (tokens) => {
        inUse -= usd;
        const cost = tokens * (usdPerToken ?? 0);
        if (limitUsd !== undefined) {
          held -= cost;
          unsaved.held -= cost;
        }
        unsaved.tokens += tokens;
        unsaved.usd += cost;
        const due = Math.abs(clock.now() - lineAt) >= LINE_EVERY_MS;
        // What is free is not worth a line.
        if (due && tokens > 0 && usdPerToken !== 0) void write(0);
      };
    },
    async flush() {
      const back = limitUsd === undefined ? 0 : Math.max(0, held - inUse);
      held -= back;
      const worthIt = usdPerToken !== 0 && unsaved.tokens > 0;
      if (worthIt || back > 0) await write(-back);
    },
  };
}
