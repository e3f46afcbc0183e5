import type { Clock } from "../ports/clock.ts";

/** Sleeps that can all be ended at once. */
export type Wakeup = {
  /** Resolves after `ms`, on `notifyAll`, or when the signal aborts; without `ms`, only on the latter two. */
  sleep(ms: number | undefined, signal?: AbortSignal): Promise<void>;
  notifyAll(): void;
};

export function createWakeup(clock: Clock): Wakeup {
  let current = new AbortController();
  return {
    sleep(ms, signal) {
      if (signal?.aborted) return Promise.resolve();
      const own = new AbortController();
      const { signal: shared } = current;
      const wake = () => own.abort();
      shared.addEventListener("abort", wake, { once: true });
      signal?.addEventListener("abort", wake, { once: true });
      const slept = ms === undefined ? aborted(own.signal) : clock.sleep(ms, own.signal);
      return slept.finally(() => {
        shared.removeEventListener("abort", wake);
        signal?.removeEventListener("abort", wake);
      });
    },
    notifyAll() {
      const woken = current;
      current = new AbortController();
      woken.abort();
    },
  };
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    signal.addEventListener("abort", () => resolve(), { once: true });
  });
}
