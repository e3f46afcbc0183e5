import type { Fault } from "../model/faults.ts";
import type { Clock } from "../ports.ts";
import { createAlarms } from "../alarm.ts";

const FIRST_WAIT_MS = 1000;
const MAX_WAIT_MS = 60_000;

type Told = {
  /** Once, at the first failure. */
  closed(what: { fault: Fault; waitMs: number }): void;
  /** Once, at the first success after it. */
  opened(): void;
};

/**
 * Lets work through until something fails that is no record's fault; then one try at a time, after waits that double up
 * to a minute, until one succeeds.
 */
export type Gate = {
  /** Waits for its turn, where it must; false where the signal aborted first. Who passed says what came of it. */
  pass(signal: AbortSignal): Promise<boolean>;
  /** Resolves once it is open, or the signal aborts. */
  opens(signal: AbortSignal): Promise<void>;
  failed(fault: Fault): void;
  succeeded(): void;
  /** It came to nothing that could have failed: the next one tries. */
  undecided(): void;
};

type Closed = { tryAt: number; waitMs: number; trying: boolean };

export function createGate(clock: Clock, told: Told): Gate {
  const state: { closed: Closed | undefined } = { closed: undefined };
  const changes = createAlarms(clock);
  return {
    async opens(signal) {
      while (state.closed && !signal.aborted) await changes.sleep(undefined, signal);
    },
    async pass(signal) {
      while (state.closed) {
        if (signal.aborted) return false;
        const { tryAt, trying } = state.closed;
        const left = tryAt - clock.now();
        if (!trying && left <= 0) {
          state.closed.trying = true;
          return true;
        }
        await changes.sleep(trying ? undefined : left, signal);
      }
      return true;
    },
    failed(fault) {
      const { closed } = state;
      // Several that were let through together fail for one reason.
      if (closed && !closed.trying) return;
      const doubled = closed ? Math.min(MAX_WAIT_MS, closed.waitMs * 2) : FIRST_WAIT_MS;
      const waitMs = Math.max(fault.retryAfterMs ?? 0, doubled);
      state.closed = { tryAt: clock.now() + waitMs, waitMs: doubled, trying: false };
      if (!closed) told.closed({ fault, waitMs });
      changes.ring();
    },
    succeeded() {
      // What was let through before the failure proves nothing.
      if (!state.closed?.trying) return;
      state.closed = undefined;
      told.opened();
      changes.ring();
    },
    undecided() {
      if (!state.closed?.trying) return;
      state.closed.trying = false;
      changes.ring();
    },
  };
}
