/** A fixed number of permits; further callers wait in order of arrival. */
export type Semaphore = {
  /**
   * Resolves to the function that releases the permit (a second call does nothing), or to undefined where the signal
   * aborted first.
   */
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
  const releaseOnce = () => {
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
        return Promise.resolve(releaseOnce());
      }
      return new Promise((resolve) => {
        const enter = () => {
          signal.removeEventListener("abort", onAbort);
          resolve(releaseOnce());
        };
        const onAbort = () => {
          queue.splice(queue.indexOf(enter), 1);
          resolve(undefined);
        };
        queue.push(enter);
        signal.addEventListener("abort", onAbort, { once: true });
      });
    },
  };
}
