/** So much of something that several share; who needs more than is free waits, first come first served. */
export type WeightedSemaphore = {
  /** Undefined where the signal aborted before there was room; otherwise what gives it back, once. */
  acquire(amount: number, signal: AbortSignal): Promise<(() => void) | undefined>;
};

/** Who needs more than there is in all has it when nobody else has any. */
export function createWeightedSemaphore(total: number): WeightedSemaphore {
  let used = 0;
  const queue: { amount: number; enter: () => void }[] = [];
  const fits = (amount: number) => used === 0 || used + amount <= total;
  const occupy = (amount: number) => {
    used += amount;
    let given = false;
    return () => {
      if (given) return;
      given = true;
      used -= amount;
      letIn();
    };
  };
  const letIn = () => {
    for (let next = queue[0]; next && fits(next.amount); next = queue[0]) {
      queue.shift();
      next.enter();
    }
  };
  return {
    acquire(amount, signal) {
      if (signal.aborted) return Promise.resolve(undefined);
      if (queue.length === 0 && fits(amount)) return Promise.resolve(occupy(amount));
      return new Promise((resolve) => {
        const waiting = {
          amount,
          enter() {
            signal.removeEventListener("abort", giveUp);
            resolve(occupy(amount));
          },
        };
        const giveUp = () => {
          queue.splice(queue.indexOf(waiting), 1);
          resolve(undefined);
          // Who stood behind may need less.
          letIn();
        };
        queue.push(waiting);
        signal.addEventListener("abort", giveUp, { once: true });
      });
    },
  };
}
