import type { Allowance } from "../ports/embedder.ts";

/** What the other side said that it still takes, and for how long it wants to be left alone. */
export type ToldLimits = {
  heard(allowance: Allowance): void;
  /** Asked to send nothing for so long. */
  pause(ms: number): void;
  /** Counts a request that is about to be sent. */
  take(tokens: number): Taken;
  /** Tokens that it takes now; 0 where it takes no request. */
  tokensLeft(): number;
  /** How long until it takes anything of so many tokens. */
  waitMs(tokens: number): number;
};

type Taken = {
  /** It was answered or refused. */
  done(): void;
};

type Part = keyof Allowance;
type Known = { left: number; until: number };

/** `now`: milliseconds that never go back. */
export function createToldLimits(now: () => number): ToldLimits {
  const known: Partial<Record<Part, Known>> = {};
  const underWay = new Set<{ tokens: number }>();
  let pausedUntil = -Infinity;

  const left = (part: Part): number => {
    const told = known[part];
    return told && told.until > now() ? told.left : Infinity;
  };
  const wait = (part: Part, amount: number): number => {
    const told = known[part];
    return left(part) < amount && told ? told.until - now() : 0;
  };
  const hear = (part: Part, told: { remaining: number; resetMs: number } | undefined) => {
    if (!told) return;
    // It may not have seen yet what is under way.
    const pending = [...underWay].reduce(
      (all, one) => all + (part === "tokens" ? one.tokens : 1),
      0,
    );
    known[part] = { left: told.remaining - pending, until: now() + told.resetMs };
  };
  return {
    heard({ requests, tokens }) {
      hear("requests", requests);
      hear("tokens", tokens);
    },
    pause(ms) {
      pausedUntil = Math.max(pausedUntil, now() + ms);
    },
    take(tokens) {
      const request = { tokens };
      underWay.add(request);
      if (known.requests) known.requests.left -= 1;
      if (known.tokens) known.tokens.left -= tokens;
      return { done: () => void underWay.delete(request) };
    },
    tokensLeft: () => (pausedUntil > now() || left("requests") < 1 ? 0 : left("tokens")),
    waitMs: (tokens) =>
      Math.max(0, pausedUntil - now(), wait("requests", 1), wait("tokens", tokens)),
  };
}
