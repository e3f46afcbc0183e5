/** Something sent, remembered for a minute. */
type Sent = {
  /** Says how much it really was. */
  correct(amount: number): void;
};

/**
 * An amount that any 60 s may hold at most. What was sent is remembered for a minute: a bucket that fills drop by drop
 * would let up to twice its size through within one.
 */
export type MinuteWindow = {
  /** How much may be sent now. */
  left(): number;
  /** How long until `amount` may be sent: what is more than the whole limit, once a minute was empty. */
  waitMs(amount: number): number;
  take(amount: number): Sent;
};

const MINUTE_MS = 60_000;

/** `now`: milliseconds that never go back. */
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
