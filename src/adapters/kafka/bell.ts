/** Wakes those who wait for something that happens now and then. */
export type Bell = {
  ring(): void;
  /** Resolves at the next ring, or as soon as the signal aborts; never rejects. */
  wait(signal: AbortSignal): Promise<void>;
};

export function createBell(): Bell {
  const waiters = new Set<() => void>();
  return {
    ring() {
      for (const wake of waiters) wake();
    },
    wait(signal) {
      if (signal.aborted) return Promise.resolve();
      return new Promise((resolve) => {
        const wake = () => {
          waiters.delete(wake);
          signal.removeEventListener("abort", wake);
          resolve();
        };
        waiters.add(wake);
        signal.addEventListener("abort", wake, { once: true });
      });
    },
  };
}
