/** A shared amount, such as bytes; callers that need more than is free wait in order of arrival. */
export type WeightedSemaphore = {
  /** Resolves to the function that releases the amount, or to undefined where the signal aborted first. */
  acquire(amount: number, signal: AbortSignal): Promise<(() => void) | undefined>;
};

/** A caller that needs more than `total` gets it when no other caller holds any. */
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
            signal.removeEventListener("abort", onAbort);
            resolve(occupy(amount));
          },
        };
        const onAbort = () => {
          queue.splice(queue.indexOf(waiting), 1);
          resolve(undefined);
          // The next callers in the queue may need less than the one that left.
          letIn();
        };
        queue.push(waiting);
        signal.addEventListener("abort", onAbort, { once: true });
      });
    },
  };
}
