import { createWakeup, type Wakeup } from "../concurrency/wakeup.ts";
import { isTransient } from "../domain/fault-policy.ts";
import { Fault } from "../domain/faults.ts";
import type { Clock } from "../ports/clock.ts";
import type { Allowance } from "../ports/embedder.ts";
import type { Events } from "../ports/events.ts";
import type { StateStore } from "../ports/state-store.ts";
import { createAdaptiveLimit, type AdaptiveLimit } from "../concurrency/adaptive-limit.ts";
import { createBreaker, type Breaker } from "./breaker.ts";
import { createBudget, type Budget, type Held, type Spent } from "./budget.ts";
import type { Caller, Limits } from "./limits.ts";
import { createLine, type Line, type Place } from "./line.ts";
import { createRateLimits, type RateLimits } from "./rate.ts";
import { steadyClock } from "../concurrency/steady-clock.ts";

/** Waits longer than this, of whoever is first in line, are left to a later cycle. */
const LONGEST_ADMISSION_WAIT_MS = 65_000;

/** What stands between the core and an embedder that costs money: one for all that sends requests in this process. */
export type Guard = {
  for(caller: Caller): Admission;
  /** A cycle or a drain begins: with its own budget, and with one try at an embedder that refuses everything. */
  runBegins(): void;
  /** Share of MAX_TOKENS_PER_CYCLE that this cycle has used, 1 once it refuses; undefined where that is not set. */
  cycleShare(): number | undefined;
  /** Whether MAX_COST_USD_PER_DAY has kept anything from being sent today. */
  isDayReached(): boolean;
  /** Writes down what was spent, gives back what was put aside for more. */
  settle(): Promise<void>;
  load(): Promise<void>;
};

/** What one caller asks before each request. */
export type Admission = {
  /**
   * Waits for its turn, and once it is first in line a minute at most. `sizes`: of each text that is to be sent the tokens
   * that it may be billed for at most; not empty. Undefined where the signal aborted first.
   */
  admit(sizes: readonly number[], signal: AbortSignal): Promise<Permit | Refusal | undefined>;
  /** Tokens that may be sent now as far as is known; of smaller sums nobody need know the exact size. */
  tokensLeft(): number;
};

/** Leave to send one request. Whoever has it says what came of it, whatever that is. */
export type Permit = {
  /** Places of the texts that may be sent, in their order; at least one. */
  texts: readonly number[];
  answered(tokens: number, allowance: Allowance | undefined): void;
  /** Undefined: it failed by a mistake of ours. */
  failed(fault: Fault | undefined): void;
};

/** Nothing may be sent now, nor soon. `news`: a budget was used up, and nobody has been told of it. */
type Refusal = { fault: Fault; news?: { goesOnAt?: Date } };

type GuardDeps = {
  state: StateStore;
  clock: Clock;
  events: Pick<Events, "waiting" | "breakerOpened" | "breakerClosed">;
  limits: Limits;
  /** USD per million tokens; null where it is unknown. */
  price: number | null;
};

type Parts = Pick<GuardDeps, "clock" | "events"> & {
  now: () => number;
  breaker: Breaker;
  budget: Budget;
  rate: RateLimits;
  atOnce: AdaptiveLimit;
  /** Requests that wait for their answer. */
  underWay: number;
  line: Line;
  changes: Wakeup;
  /** How often anything has changed for those who wait. */
  rung: number;
  /** Somebody's budget is being looked up. */
  busy: boolean;
  waitToldAt: number;
  /** For which day and which cycle it was told. */
  spentTold: Map<Spent["budget"], string>;
};

/** Requests under way: at first, and at most where the settings say nothing. */
const FIRST_AT_ONCE = 4;
const MAX_AT_ONCE = 8;
/** From one line about a wait to the next. */
const TELL_WAITS_EVERY_MS = 60_000;

export function createGuard({ state, clock, events, limits, price }: GuardDeps): Guard {
  const now = steadyClock(clock);
  const parts: Parts = {
    clock,
    events,
    now,
    breaker: createBreaker({ state, clock, now, events }),
    budget: createBudget({ state, clock, limits, price }),
    rate: createRateLimits(limits, now),
    atOnce: createAdaptiveLimit({
      start: FIRST_AT_ONCE,
      max: limits.requestsAtOnce ?? MAX_AT_ONCE,
    }),
    underWay: 0,
    line: createLine(),
    changes: createWakeup(clock),
    rung: 0,
    busy: false,
    waitToldAt: -Infinity,
    spentTold: new Map(),
  };
  const { breaker, budget, rate } = parts;
  return {
    for: (caller) => ({
      admit: (sizes, signal) => admit(parts, caller, sizes, signal),
      tokensLeft: () => Math.min(rate.tokensLeft(), budget.tokensLeft(caller)),
    }),
    runBegins() {
      breaker.halfOpen();
      budget.cycleBegins();
      ring(parts);
    },
    cycleShare: () => budget.cycleShare(),
    isDayReached: () => budget.isDayReached(),
    async settle() {
      await budget.settle();
      await breaker.kept();
    },
    load: () => breaker.load(),
  };
}

async function admit(
  parts: Parts,
  caller: Caller,
  sizes: readonly number[],
  signal: AbortSignal,
): Promise<Permit | Refusal | undefined> {
  const { line, changes, now } = parts;
  const place = line.join(caller);
  let giveUpAt = Infinity;
  try {
    for (;;) {
      if (signal.aborted) return undefined;
      const turn = await tryTurn(parts, place, sizes);
      if (!("waitMs" in turn)) return turn;
      // While others go before it or are answered, its own wait has not begun: each of theirs has an end.
      const moves = turn.fault === OTHERS_FIRST || turn.fault === ENOUGH_UNDER_WAY;
      giveUpAt = moves ? Infinity : Math.min(giveUpAt, now() + LONGEST_ADMISSION_WAIT_MS);
      const leftMs = giveUpAt - now();
      if (leftMs <= 0 || (turn.waitMs ?? 0) > leftMs) return { fault: turn.fault };
      // What has changed since it was turned away may have made it its turn.
      if (turn.rung !== parts.rung) continue;
      tellWait(parts, turn);
      await changes.sleep(moves ? undefined : Math.min(turn.waitMs ?? leftMs, leftMs), signal);
    }
  } finally {
    line.leave(place);
    ring(parts);
  }
}

/** Wakes all who wait: each looks whether it is its turn. */
function ring(parts: Pick<Parts, "changes" | "rung">): void {
  parts.rung++;
  parts.changes.notifyAll();
}

/** Why it is not its turn yet; how long that takes, where it is known. */
type Wait = { waitMs: number | undefined; fault: Fault; rung: number };

async function tryTurn(
  parts: Parts,
  place: Place,
  sizes: readonly number[],
): Promise<Permit | Refusal | Wait> {
  const { line, breaker, budget, rate } = parts;
  const wait = (fault: Fault, waitMs?: number): Wait => ({ waitMs, fault, rung: parts.rung });
  const answer = breaker.ask();
  if (answer instanceof Fault) return { fault: answer };
  if (parts.busy || line.first() !== place) return wait(OTHERS_FIRST);
  if (answer === "wait") return wait(ONE_TRIES);
  if (parts.underWay >= parts.atOnce.now()) return wait(ENOUGH_UNDER_WAY);

  parts.busy = true;
  const held = await budget.hold(place.caller, sizes).finally(() => {
    parts.busy = false;
    ring(parts);
  });
  if ("fault" in held) {
    return refusalFor(parts, held);
  }
  // Meanwhile a request that was under way may have ended.
  const again = breaker.ask();
  if (again instanceof Fault) return { fault: again };
  if (again === "wait") return wait(ONE_TRIES);
  const room = rate.room(held.texts.map((text) => sizes[text] ?? 0));
  if ("waitMs" in room) return wait(room.fault, room.waitMs);
  line.served(place);
  return permitFor(parts, held, sizes, room.texts);
}

const OTHERS_FIRST = new Fault("rate", "others are waiting for the embedder too");
const ENOUGH_UNDER_WAY = new Fault("rate", "as many requests are under way as the embedder takes");
const ONE_TRIES = new Fault("rate", "another request tries first whether the embedder answers");

function permitFor(parts: Parts, held: Held, sizes: readonly number[], count: number): Permit {
  const { breaker, rate } = parts;
  const texts = held.texts.slice(0, count);
  const atMost = texts.reduce((sum, text) => sum + (sizes[text] ?? 0), 0);
  const billed = held.use(count);
  const taken = rate.take(atMost);
  const ended = breaker.enter();
  const startedAt = parts.now();
  parts.underWay++;
  return {
    texts,
    answered(tokens, allowance) {
      parts.underWay--;
      const tookMs = parts.now() - startedAt;
      parts.atOnce.wentWell({ startedAt, tookMs, size: texts.length });
      billed(tokens);
      taken.answered(tokens, allowance);
      ended(undefined);
      ring(parts);
    },
    failed(fault) {
      parts.underWay--;
      if (fault && isTransient(fault.kind)) parts.atOnce.wasTooMuch(startedAt, parts.now());
      billed(fault?.possiblyBilled ? atMost : 0);
      taken.failed(fault);
      ended(fault ?? MISTAKE);
      ring(parts);
    },
  };
}

/** Decides nothing about the embedder. */
const MISTAKE = new Fault("outage", "an unexpected failure");

/** Only what takes its time, and not each of many in a row. */
function tellWait(parts: Parts, { waitMs, fault }: Wait): void {
  const { now, events } = parts;
  if (waitMs === undefined || waitMs < 1000) return;
  if (now() - parts.waitToldAt < TELL_WAITS_EVERY_MS) return;
  parts.waitToldAt = now();
  events.waiting({ fault, waitMs });
}

function refusalFor(parts: Parts, { fault, budget, of, goesOnAt }: Spent): Refusal {
  if (parts.spentTold.get(budget) === of) return { fault };
  parts.spentTold.set(budget, of);
  return { fault, news: goesOnAt ? { goesOnAt } : {} };
}
