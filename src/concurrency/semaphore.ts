/** A fixed number of places to work at; who comes when all are taken waits, first come first served. */
export type Semaphore = {
  /** Undefined where the signal aborted before a place was free; otherwise what gives the place back. */
  acquire(signal: AbortSignal): Promise<(() => void) | undefined>;
};

export function createSemaphore(permits: number): Semaphore {
  let free = permits;
  const queue: (() => void)[] = [];
  const release = () => {
    const next = queue.shift();
    if (next) next();
    else free++;
  };
  const once = () => {
    let given = false;
    return () => {
      if (!given) release();
      given = true;
    };
  };
  return {
    acquire(signal) {
      if (signal.aborted) return Promise.resolve(undefined);
      if (free > 0) {
        free--;
        return Promise.resolve(once());
      }
      return new Promise((resolve) => {
        const enter = () => {
          signal.removeEventListener("abort", giveUp);
          resolve(once());
        };
        const giveUp = () => {
          queue.splice(queue.indexOf(enter), 1);
          resolve(undefined);
        };
        queue.push(enter);
        signal.addEventListener("abort", giveUp, { once: true });
      });
    },
  };
}
