import type { StateStore } from "../ports/state-store.ts";
import { appendSpending, committedIn, removeOldDays, readSpending } from "./spending.ts";

/** One process's share of one day's budget, recorded in the day's spending journal. */
export type DailyBudgetReservation = {
  readonly day: string;
  /** Reserves up to `usd`, or nothing where less than `minimum` is left of the day's budget. */
  reserve(usd: number, minimum: number): Promise<void>;
  /** USD reserved and not in use; Infinity without a limit. */
  available(): number;
  /** Takes an amount into use; the returned function reports the tokens that were billed. */
  use(usd: number): (tokens: number) => void;
  /** USD spent by all processes, or reserved and not available here, as of the last read. */
  committedUsd(): number;
  /** Records what was spent and releases the reservation that is not in use. */
  flush(): Promise<void>;
};

type ReservationDeps = {
  state: StateStore;
  day: string;
  by: string;
  usdPerToken: number | null;
  limitUsd: number | undefined;
  clock: { now(): number };
};

/** Share of the day's limit that is reserved at a time, so that not every request adds an entry to the journal. */
const SHARE = 1 / 400;
const LINE_EVERY_MS = 5000;

/**
 * Every cost is reserved before it is spent. An entry owns what the entries before it have left over, so that no cent
 * is reserved twice; a process that is killed loses its reservation for the day.
 */
export function createDailyBudgetReservation(deps: ReservationDeps): DailyBudgetReservation {
  const { state, day, by, usdPerToken, limitUsd, clock } = deps;
  const tolerance = (limitUsd ?? 0) * 1e-9;
  const unsaved = { tokens: 0, usd: 0, held: 0 };
  let lines = 0;
  let lineAt = -Infinity;
  let held = 0;
  let inUse = 0;
  let committed = 0;

  const write = async (reserved: number): Promise<number> => {
    const n = ++lines;
    const { tokens, usd, held: change } = unsaved;
    Object.assign(unsaved, { tokens: 0, usd: 0, held: 0 });
    lineAt = clock.now();
    if (n === 1) await removeOldDays(state, clock.now());
    const known = usdPerToken === null ? null : usd;
    await appendSpending(state, day, { by, n, tokens, usd: known, held: change + reserved });
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
