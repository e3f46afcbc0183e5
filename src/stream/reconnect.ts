import type { Fault } from "../domain/faults.ts";
import type { Clock } from "../ports/clock.ts";

const FIRST_WAIT_MS = 1000;
const MAX_WAIT_MS = 30_000;

export type Reconnect = {
  /** Waits before the next try, longer each time. */
  failed(fault: Fault, signal: AbortSignal): Promise<void>;
  /** The connection is there. */
  worked(): void;
};

/** Backoff between tries to connect, for as long as it takes. */
export function createReconnect(
  clock: Pick<Clock, "sleep">,
  events: {
    /** Once, until the connection is back. */
    lost(what: { fault: Fault; waitMs: number }): void;
    back(): void;
  },
): Reconnect {
  let failures = 0;
  return {
    async failed(fault, signal) {
      const waitMs = Math.min(MAX_WAIT_MS, FIRST_WAIT_MS * 2 ** failures);
      failures++;
      if (failures === 1) events.lost({ fault, waitMs });
      await clock.sleep(waitMs, signal);
    },
    worked() {
      if (failures === 0) return;
      failures = 0;
      events.back();
    },
  };
}
