import { createWakeup, type Wakeup } from "../concurrency/wakeup.ts";
import { isTransient } from "../domain/fault-policy.ts";
import { Fault } from "../domain/faults.ts";
import type { Clock } from "../ports/clock.ts";
import type { Allowance } from "../ports/embedder.ts";
import type { Events } from "../ports/events.ts";
import type { StateStore } from "../ports/state-store.ts";
import { createAdaptiveLimit, type AdaptiveLimit } from "../concurrency/adaptive-limit.ts";
import { createBreaker, type Breaker } from "./breaker.ts";
import { createBudget, type Budget, type Reservation, type BudgetExhausted } from "./budget.ts";
import type { Caller, LimitSettings } from "./limit-settings.ts";
import { createAdmissionQueue, type AdmissionQueue, type Ticket } from "./admission-queue.ts";
import { createRateLimiter, type RateLimiter } from "./rate-limiter.ts";
import { steadyClock } from "../concurrency/steady-clock.ts";

/** Once a caller is first in the queue, it waits at most this long; its texts are deferred to a later cycle. */
const LONGEST_ADMISSION_WAIT_MS = 65_000;

/** Admission control for embedding requests: rate limits, budget, circuit breaker and concurrency. One per process. */
export type EmbedderLimits = {
  for(caller: Caller): Admission;
  /** Begins a cycle or a drain: a new token budget, and one probe where the breaker is open. */
  startRun(): void;
  /** Used share of MAX_TOKENS_PER_CYCLE, 1 once a text was refused for it; undefined where it is not set. */
  cycleShare(): number | undefined;
  /** Whether MAX_COST_USD_PER_DAY has refused a text today. */
  isDayReached(): boolean;
  /** Records what was spent and releases the unused reservation. */
  flush(): Promise<void>;
  load(): Promise<void>;
};

export type Admission = {
  /**
   * Waits for admission. `sizes`: the maximum of tokens that each text may be billed for; not empty. Undefined where
   * the signal aborted first.
   */
  admit(sizes: readonly number[], signal: AbortSignal): Promise<Permit | Refusal | undefined>;
  /** Estimate of the tokens that may be sent now; below it no exact count is needed. */
  tokensLeft(): number;
  /** How many requests may be in flight now, over all callers. */
  requestsAtOnce(): number;
};

/** Permission to send one request. The holder must call `answered` or `failed` once. */
export type Permit = {
  /** Indices into `sizes` of the texts that may be sent, ascending; at least one. */
  texts: readonly number[];
  /** `usd`: what it cost, where tokens differ in their prices. */
  answered(tokens: number, allowance: Allowance | undefined, usd?: number): void;
  /** Undefined: an unexpected error of this process. */
  failed(fault: Fault | undefined): void;
};

/**
 * The request is refused for longer than a caller waits. `news`: first refusal of this budget, to be logged by the
 * caller.
 */
type Refusal = { fault: Fault; news?: { resumesAt?: Date } };

type LimitsDeps = {
  state: StateStore;
  clock: Clock;
  events: Pick<Events, "waiting" | "breakerOpened" | "breakerClosed">;
  limits: LimitSettings;
  /** USD per million tokens; null where unknown. */
  price: number | null;
  /** Under which the state of the circuit breaker is kept. Default: the embedder's. */
  breakerName?: string;
};

type Parts = Pick<LimitsDeps, "clock" | "events"> & {
  now: () => number;
  breaker: Breaker;
  budget: Budget;
  rate: RateLimiter;
  concurrency: AdaptiveLimit;
  inFlight: number;
  queue: AdmissionQueue;
  wakeup: Wakeup;
  /** Incremented with every change that may admit a waiting caller. */
  version: number;
  /** A caller is reserving budget; the others wait until it has finished. */
  reserving: boolean;
  waitLoggedAt: number;
  exhaustedLogged: Map<BudgetExhausted["budget"], string>;
};

/** Concurrent requests: at the start, and at most where the settings give no limit. */
const FIRST_CONCURRENCY = 4;
const MAX_CONCURRENCY = 8;
const LOG_WAITS_EVERY_MS = 60_000;

export function createEmbedderLimits({
  state,
  clock,
  events,
  limits,
  price,
  breakerName: name,
}: LimitsDeps): EmbedderLimits {
  const now = steadyClock(clock);
  const parts: Parts = {
    clock,
    events,
    now,
    breaker: createBreaker({ state, clock, now, events, ...(name === undefined ? {} : { name }) }),
    budget: createBudget({ state, clock, limits, price }),
    rate: createRateLimiter(limits, now),
    concurrency: createAdaptiveLimit({
      start: FIRST_CONCURRENCY,
      slowStart: true,
      max: limits.maxConcurrentRequests ?? MAX_CONCURRENCY,
    }),
    inFlight: 0,
    queue: createAdmissionQueue(),
    wakeup: createWakeup(clock),
    version: 0,
    reserving: false,
    waitLoggedAt: -Infinity,
    exhaustedLogged: new Map(),
  };
  const { breaker, budget, rate, concurrency } = parts;
  return {
    for: (caller) => ({
      admit: (sizes, signal) => admit(parts, caller, sizes, signal),
      tokensLeft: () => Math.min(rate.tokensLeft(), budget.tokensLeft(caller)),
      requestsAtOnce: () => concurrency.current(),
    }),
    startRun() {
      breaker.halfOpen();
      budget.startCycle();
      notifyWaiting(parts);
    },
    cycleShare: () => budget.cycleShare(),
    isDayReached: () => budget.isDayReached(),
    async flush() {
      await budget.flush();
      await breaker.saved();
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
  const { queue, wakeup, now } = parts;
  const ticket = queue.enqueue(caller);
  let giveUpAt = Infinity;
  try {
    for (;;) {
      if (signal.aborted) return undefined;
      const turn = await tryTurn(parts, ticket, sizes);
      if (!("waitMs" in turn)) return turn;
      // The wait limit of a caller starts once it is first in the queue and below the concurrency limit.
      const moves = turn.fault === NOT_FIRST_IN_QUEUE || turn.fault === AT_CONCURRENCY_LIMIT;
      giveUpAt = moves ? Infinity : Math.min(giveUpAt, now() + LONGEST_ADMISSION_WAIT_MS);
      const leftMs = giveUpAt - now();
      if (leftMs <= 0 || (turn.waitMs ?? 0) > leftMs) return { fault: turn.fault };
      // The state changed while this caller was refused: it tries again at once.
      if (turn.version !== parts.version) continue;
      logWait(parts, turn);
      await wakeup.sleep(moves ? undefined : Math.min(turn.waitMs ?? leftMs, leftMs), signal);
    }
  } finally {
    queue.cancel(ticket);
    notifyWaiting(parts);
  }
}

/** Wakes all waiting callers; each checks whether it is admitted. */
function notifyWaiting(parts: Pick<Parts, "wakeup" | "version">): void {
  parts.version++;
  parts.wakeup.notifyAll();
}

/** The caller is not admitted yet; `waitMs`: undefined where the time is unknown. */
type Wait = { waitMs: number | undefined; fault: Fault; version: number };

async function tryTurn(
  parts: Parts,
  ticket: Ticket,
  sizes: readonly number[],
): Promise<Permit | Refusal | Wait> {
  const { queue, breaker, budget, rate } = parts;
  const wait = (fault: Fault, waitMs?: number): Wait => ({ waitMs, fault, version: parts.version });
  const answer = breaker.check();
  if (answer instanceof Fault) return { fault: answer };
  if (parts.reserving || queue.first() !== ticket) return wait(NOT_FIRST_IN_QUEUE);
  if (answer === "wait") return wait(PROBE_IN_FLIGHT);
  if (parts.inFlight >= parts.concurrency.current()) return wait(AT_CONCURRENCY_LIMIT);

  parts.reserving = true;
  const held = await budget.reserve(ticket.caller, sizes).finally(() => {
    parts.reserving = false;
    notifyWaiting(parts);
  });
  if ("fault" in held) {
    return refusalFor(parts, held);
  }
  // A request may have ended while the budget was being reserved.
  const again = breaker.check();
  if (again instanceof Fault) return { fault: again };
  if (again === "wait") return wait(PROBE_IN_FLIGHT);
  const allowed = rate.allowedNow(held.texts.map((text) => sizes[text] ?? 0));
  if ("waitMs" in allowed) return wait(allowed.fault, allowed.waitMs);
  queue.dequeue(ticket);
  return permitFor(parts, held, sizes, allowed.texts);
}

const NOT_FIRST_IN_QUEUE = new Fault("rate", "others are waiting for the embedder too");
const AT_CONCURRENCY_LIMIT = new Fault(
  "rate",
  "as many requests are in flight as the concurrency limit allows",
);
const PROBE_IN_FLIGHT = new Fault(
  "rate",
  "another request tries first whether the embedder answers",
);

function permitFor(
  parts: Parts,
  held: Reservation,
  sizes: readonly number[],
  count: number,
): Permit {
  const { breaker, rate } = parts;
  const texts = held.texts.slice(0, count);
  const atMost = texts.reduce((sum, text) => sum + (sizes[text] ?? 0), 0);
  const billed = held.use(count);
  const taken = rate.take(atMost);
  const ended = breaker.recordRequest();
  const startedAt = parts.now();
  parts.inFlight++;
  return {
    texts,
    answered(tokens, allowance, usd) {
      parts.inFlight--;
      const tookMs = parts.now() - startedAt;
      parts.concurrency.recordSuccess({ startedAt, tookMs, size: texts.length });
      billed(tokens, usd);
      taken.answered(tokens, allowance);
      ended(undefined);
      notifyWaiting(parts);
    },
    failed(fault) {
      parts.inFlight--;
      if (fault && isTransient(fault.kind))
        parts.concurrency.recordOverload(startedAt, parts.now());
      billed(fault?.possiblyBilled ? atMost : 0);
      taken.failed(fault);
      ended(fault ?? MISTAKE);
      notifyWaiting(parts);
    },
  };
}

/** An unexpected error of this process is no result of the probe. */
const MISTAKE = new Fault("outage", "an unexpected failure");

function logWait(parts: Parts, { waitMs, fault }: Wait): void {
  const { now, events } = parts;
  if (waitMs === undefined || waitMs < 1000) return;
  if (now() - parts.waitLoggedAt < LOG_WAITS_EVERY_MS) return;
  parts.waitLoggedAt = now();
  events.waiting({ fault, waitMs });
}

function refusalFor(parts: Parts, { fault, budget, of, resumesAt }: BudgetExhausted): Refusal {
  if (parts.exhaustedLogged.get(budget) === of) return { fault };
  parts.exhaustedLogged.set(budget, of);
  return { fault, news: resumesAt ? { resumesAt } : {} };
}
