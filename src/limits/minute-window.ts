type Sent = {
  correct(amount: number): void;
};

/** A sliding window of 60 s. A token bucket would let up to twice its size through within 60 s. */
export type MinuteWindow = {
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
