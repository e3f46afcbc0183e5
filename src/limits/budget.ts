import { randomBytes } from "node:crypto";
import { count } from "../domain/count.ts";
import { Fault } from "../domain/faults.ts";
import type { Clock } from "../ports/clock.ts";
import type { StateStore } from "../ports/state-store.ts";
import type { Caller, LimitSettings } from "./limit-settings.ts";
import { createDailyBudgetReservation, type DailyBudgetReservation } from "./budget-reservation.ts";
import { dayOf, nextDay } from "./spending.ts";

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
  /** Takes the first `taken` texts into use; the returned function reports the tokens that were billed. */
  use(taken: number): (tokens: number) => void;
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
          return (billed) => {
            ended(billed);
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
