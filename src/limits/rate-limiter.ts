import { Fault } from "../domain/faults.ts";
import type { Allowance } from "../ports/embedder.ts";
import type { LimitSettings } from "./limit-settings.ts";
import { createProviderLimits } from "./provider-limits.ts";

/** The number of texts, from the first on, that may be sent now, or how long to wait and why. */
type Allowed = { texts: number } | { waitMs: number; fault: Fault };

export type RateLimiter = {
  /** `sizes`: the maximum of tokens of each text; not empty. */
  allowedNow(sizes: readonly number[]): Allowed;
  take(tokens: number): CountedRequest;
  tokensLeft(): number;
};

type CountedRequest = {
  answered(tokens: number, allowance: Allowance | undefined): void;
  failed(fault: Fault | undefined): void;
};

/** Combines the limits of the settings and those of the provider. `now`: monotonic milliseconds. */
export function createRateLimiter(
  { requestsPerMinute = Infinity, tokensPerMinute = Infinity }: LimitSettings,
  now: () => number,
): RateLimiter {
  const requests = createMinuteWindow(requestsPerMinute, now);
  const tokens = createMinuteWindow(tokensPerMinute, now);
  const provider = createProviderLimits(now);
  const tokensLeft = () =>
    requests.left() < 1 ? 0 : Math.max(0, Math.min(tokens.left(), provider.tokensLeft()));

  return {
    tokensLeft,
    allowedNow(sizes) {
      const [first = 0] = sizes;
      const waits = [
        { by: "RATE_LIMIT_REQUESTS_PER_MINUTE", waitMs: requests.waitMs(1) },
        { by: "RATE_LIMIT_TOKENS_PER_MINUTE", waitMs: tokens.waitMs(first) },
        { by: "the provider's rate limit", waitMs: provider.waitMs(first) },
      ];
      const longest = waits.reduce((a, b) => (b.waitMs > a.waitMs ? b : a));
      if (longest.waitMs > 0) {
        const { by, waitMs } = longest;
        const fault = new Fault("rate", `${by} is exhausted`, { retryAfterMs: waitMs });
        return { waitMs, fault };
      }
      // A text that is larger than the limit is sent alone.
      return { texts: Math.max(1, prefix(sizes, tokensLeft())) };
    },
    take(size) {
      requests.take(1);
      const window = tokens.take(size);
      const taken = provider.take(size);
      return {
        answered(billed, allowance) {
          window.correct(billed);
          taken.done();
          if (allowance) provider.observe(allowance);
        },
        failed(fault) {
          if (!fault?.possiblyBilled) window.correct(0);
          taken.done();
          if (fault?.kind === "rate" && fault.retryAfterMs) provider.pause(fault.retryAfterMs);
        },
      };
    },
  };
}

/** The number of sizes, from the first on, whose sum is within the limit. */
function prefix(sizes: readonly number[], limit: number): number {
  let sum = 0;
  for (const [i, size] of sizes.entries()) {
    sum += size;
    if (sum > limit) return i;
  }
  return sizes.length;
}

type Sent = {
  correct(amount: number): void;
};

/** A sliding window of 60 s. A token bucket would let up to twice its size through within 60 s. */
type MinuteWindow = {
  left(): number;
  /** Milliseconds until `amount` may be sent; an amount above the whole limit waits for an empty window. */
  waitMs(amount: number): number;
  take(amount: number): Sent;
};

const MINUTE_MS = 60_000;

/** `now`: monotonic milliseconds. */
export function createMinuteWindow(limit: number, now: () => number): MinuteWindow {
  if (limit === Infinity) return UNLIMITED;
  let sent: { at: number; amount: number }[] = [];
  const sum = () => {
    const since = now() - MINUTE_MS;
    sent = sent.filter(({ at, amount }) => at > since && amount > 0);
    return sent.reduce((all, { amount }) => all + amount, 0);
  };
  return {
    left: () => limit - sum(),
    waitMs(amount) {
      let rest = sum();
      if (rest === 0 || rest + amount <= limit) return 0;
      for (const entry of sent) {
        rest -= entry.amount;
        if (rest === 0 || rest + amount <= limit) return entry.at + MINUTE_MS - now();
      }
      return 0;
    },
    take(amount) {
      const entry = { at: now(), amount };
      sent.push(entry);
      return {
        correct: (really) => {
          entry.amount = really;
        },
      };
    },
  };
}

const UNLIMITED: MinuteWindow = {
  left: () => Infinity,
  waitMs: () => 0,
  take: () => ({ correct: () => undefined }),
};
