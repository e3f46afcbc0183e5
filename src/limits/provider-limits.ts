import type { Allowance } from "../ports/embedder.ts";

/** What the other side said that it still takes, and for how long it wants to be left alone. */
export type ProviderLimits = {
  observe(allowance: Allowance): void;
  /** Asked to send nothing for so long. */
  pause(ms: number): void;
  /** Counts a request that is about to be sent. */
  take(tokens: number): CountedRequest;
  /** Tokens that it takes now; 0 where it takes no request. */
  tokensLeft(): number;
  /** How long until it takes anything of so many tokens. */
  waitMs(tokens: number): number;
};

type CountedRequest = {
  /** It was answered or refused. */
  done(): void;
};

type Part = keyof Allowance;
type Known = { left: number; until: number };

/** `now`: milliseconds that never go back. */
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
    // It may not have seen yet what is under way.
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
