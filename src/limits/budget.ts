import { randomBytes } from "node:crypto";
import { count } from "../domain/count.ts";
import { Fault } from "../domain/faults.ts";
import type { Clock } from "../ports/clock.ts";
import type { StateStore } from "../ports/state-store.ts";
import type { Caller, LimitSettings } from "./limit-settings.ts";
import {
  dayOf,
  nextDay,
  appendSpending,
  committedIn,
  removeOldDays,
  readSpending,
} from "./spending.ts";

/** Daily budget in USD and token budget per cycle. */
export type Budget = {
  /** Reserves the maximum cost of as many texts as can be paid for. `sizes`: tokens of each text. */
  reserve(caller: Caller, sizes: readonly number[]): Promise<Reservation | BudgetExhausted>;
  /** Tokens that can certainly be paid for now. */
  tokensLeft(caller: Caller): number;
  startCycle(): void;
  /** Used share of MAX_TOKENS_PER_CYCLE, 1 once a text was refused for it; undefined where it is not set. */
  cycleShare(): number | undefined;
  /** Whether a text was refused because today's budget is used up. */
  isDayReached(): boolean;
  /** Records what was spent and releases the unused reservation. */
  flush(): Promise<void>;
};

export type Reservation = {
  /** Indices into `sizes` of the texts that can be paid for; at least one. */
  texts: readonly number[];
  /**
   * Takes the first `taken` texts into use; the returned function reports the tokens that were billed, and their cost where it is not that
   * of the price.
   */
  use(taken: number): (tokens: number, usd?: number) => void;
};

export type BudgetExhausted = {
  fault: Fault;
  budget: "day" | "cycle";
  of: string;
  resumesAt?: Date;
};

type BudgetDeps = {
  state: StateStore;
  clock: Pick<Clock, "now">;
  limits: LimitSettings;
  /** USD per million tokens; null where unknown. */
  price: number | null;
};

export function createBudget({ state, clock, limits, price }: BudgetDeps): Budget {
  const { usdPerDay: limitUsd, tokensPerCycle = Infinity } = limits;
  const usdPerToken = price === null ? null : price / 1e6;
  const usdOf = (tokens: number) => tokens * (usdPerToken ?? 0);
  const by = randomBytes(6).toString("hex");
  const cycle = { number: 0, tokens: 0, reached: false };
  let dayReached: string | undefined;
  const reservations: DailyBudgetReservation[] = [];

  /** Today's reservation. Requests in flight at midnight are charged to the reservation of the day before. */
  const today = (): DailyBudgetReservation => {
    const day = dayOf(clock.now());
    const known = reservations.find((one) => one.day === day);
    if (known) return known;
    const created = createDailyBudgetReservation({ state, day, by, usdPerToken, limitUsd, clock });
    for (const old of reservations.splice(1)) void old.flush();
    reservations.unshift(created);
    return created;
  };
  const cycleLeft = (caller: Caller) =>
    caller === "backfill" ? Math.max(0, tokensPerCycle - cycle.tokens) : Infinity;

  const cycleExhausted = (): BudgetExhausted => ({
    budget: "cycle",
    of: String(cycle.number),
    fault: new Fault(
      "quota",
      `MAX_TOKENS_PER_CYCLE is reached: ${cycle.tokens} of ${count(tokensPerCycle, "token")} used`,
      { hint: "Embedding resumes with the next cycle.", selfImposed: true },
    ),
  });
  const dayExhausted = ({ day, committedUsd }: DailyBudgetReservation): BudgetExhausted => {
    const resumesAt = nextDay(clock.now());
    const sums = `${inUsd(committedUsd())} of ${inUsd(limitUsd ?? 0)}`;
    const hint = `Embedding resumes at ${resumesAt.toISOString().slice(0, 16)}Z, or at once with a higher limit.`;
    const message = `MAX_COST_USD_PER_DAY is reached: ${sums} are spent or reserved today`;
    const fault = new Fault("quota", message, { hint, selfImposed: true });
    return { budget: "day", of: day, resumesAt, fault };
  };

  return {
    startCycle() {
      cycle.number++;
      cycle.tokens = 0;
      cycle.reached = false;
    },
    cycleShare() {
      if (tokensPerCycle === Infinity) return undefined;
      // The rest is smaller than any waiting text, so the budget counts as used up.
      return cycle.reached ? 1 : cycle.tokens / tokensPerCycle;
    },
    isDayReached: () => dayReached === dayOf(clock.now()),
    tokensLeft: (caller) => {
      const day = usdPerToken ? today().available() / usdPerToken : Infinity;
      return Math.max(0, Math.min(cycleLeft(caller), day));
    },
    async reserve(caller, sizes) {
      const places = fitting(sizes, [...sizes.keys()], cycleLeft(caller));
      if (places.length === 0) {
        cycle.reached = true;
        return cycleExhausted();
      }
      const costs = sizes.map(usdOf);
      const wanted = places.map((place) => costs[place] ?? 0);
      const day = today();
      await day.reserve(sum(wanted), Math.min(...wanted));
      const texts = fitting(costs, places, day.available());
      if (texts.length === 0) {
        dayReached = day.day;
        return dayExhausted(day);
      }
      return {
        texts,
        use(taken) {
          const tokens = sum(texts.slice(0, taken).map((place) => sizes[place] ?? 0));
          const ended = day.use(usdOf(tokens));
          const inCycle = cycle.number;
          if (caller === "backfill") cycle.tokens += tokens;
          return (billed, usd) => {
            ended(billed, usd);
            const same = caller === "backfill" && inCycle === cycle.number;
            if (same) cycle.tokens += billed - tokens;
          };
        },
      };
    },
    async flush() {
      for (const one of reservations) await one.flush();
    },
  };
}

/** Indices of the sizes that fit into the limit, in order; a size that does not fit is skipped. */
function fitting(sizes: readonly number[], places: readonly number[], limit: number): number[] {
  let left = limit;
  return places.filter((place) => {
    const size = sizes[place] ?? 0;
    if (size > left) return false;
    left -= size;
    return true;
  });
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((all, one) => all + one, 0);
}

/** Three significant digits. */
function inUsd(amount: number): string {
  return `$${Number(amount.toPrecision(3))}`;
}

/** One process's share of one day's budget, recorded in the day's spending journal. */
type DailyBudgetReservation = {
  readonly day: string;
  /** Reserves up to `usd`, or nothing where less than `minimum` is left of the day's budget. */
  reserve(usd: number, minimum: number): Promise<void>;
  /** USD reserved and not in use; Infinity without a limit. */
  available(): number;
  /** Takes an amount into use; the returned function reports the tokens that were billed, and their cost where it is not that of the price. */
  use(usd: number): (tokens: number, usd?: number) => void;
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
function createDailyBudgetReservation(deps: ReservationDeps): DailyBudgetReservation {
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
      return (tokens, cost = tokens * (usdPerToken ?? 0)) => {
        inUse -= usd;
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
