import type { Allowance } from "../ports/embedder.ts";

/** Rate limits as the provider reports them in its answers, and pauses that it asks for. */
export type ProviderLimits = {
  observe(allowance: Allowance): void;
  /** No request for this long, as the provider asked. */
  pause(ms: number): void;
  /** Counts a request that is about to be sent. */
  take(tokens: number): CountedRequest;
  /** Tokens that may be sent now; 0 where no request may be. */
  tokensLeft(): number;
  /** Milliseconds until a request of so many tokens may be sent. */
  waitMs(tokens: number): number;
};

type CountedRequest = {
  done(): void;
};

type Part = keyof Allowance;
type Known = { left: number; until: number };

/** `now`: monotonic milliseconds. */
export function createProviderLimits(now: () => number): ProviderLimits {
  const known: Partial<Record<Part, Known>> = {};
  const inFlight = new Set<{ tokens: number }>();
  let pausedUntil = -Infinity;

  const left = (part: Part): number => {
    const limit = known[part];
    return limit && limit.until > now() ? limit.left : Infinity;
  };
  const wait = (part: Part, amount: number): number => {
    const limit = known[part];
    return left(part) < amount && limit ? limit.until - now() : 0;
  };
  const observePart = (part: Part, limit: { remaining: number; resetMs: number } | undefined) => {
    if (!limit) return;
    // The provider may not have counted requests that are still in flight.
    const pending = [...inFlight].reduce(
      (all, one) => all + (part === "tokens" ? one.tokens : 1),
      0,
    );
    known[part] = { left: limit.remaining - pending, until: now() + limit.resetMs };
  };
  return {
    observe({ requests, tokens }) {
      observePart("requests", requests);
      observePart("tokens", tokens);
    },
    pause(ms) {
      pausedUntil = Math.max(pausedUntil, now() + ms);
    },
    take(tokens) {
      const request = { tokens };
      inFlight.add(request);
      if (known.requests) known.requests.left -= 1;
      if (known.tokens) known.tokens.left -= tokens;
      return { done: () => void inFlight.delete(request) };
    },
    tokensLeft: () => (pausedUntil > now() || left("requests") < 1 ? 0 : left("tokens")),
    waitMs: (tokens) =>
      Math.max(0, pausedUntil - now(), wait("requests", 1), wait("tokens", tokens)),
  };
}
