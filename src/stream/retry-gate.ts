import type { Fault } from "../domain/faults.ts";
import type { Clock } from "../ports/clock.ts";
import { steadyClock } from "../concurrency/steady-clock.ts";
import { createWakeup } from "../concurrency/wakeup.ts";

const FIRST_WAIT_MS = 1000;
const MAX_WAIT_MS = 60_000;
/** Between tries to reach a stream. */
export const MAX_RECONNECT_WAIT_MS = 30_000;

type GateEvents = {
  closed(what: { fault: Fault; waitMs: number }): void;
  opened(): void;
};

/**
 * Lets work pass until a failure that is not of one record; then one attempt at a time, with backoff up to `maxWaitMs`,
 * until one succeeds or every record that failed is settled.
 */
export type RetryGate = {
  /** False where the signal aborted first. A caller that passed must report a result. */
  waitForTurn(signal: AbortSignal): Promise<boolean>;
  waitUntilOpen(signal: AbortSignal): Promise<void>;
  /** `records`: those that failed. */
  failed(fault: Fault, records?: readonly object[]): void;
  succeeded(): void;
  /** The record is settled or left to the backfill. */
  forget(record: object): void;
  /** The attempt could neither fail nor succeed: the next caller tries. */
  inconclusive(): void;
};

type Closed = { tryAt: number; waitMs: number; trying: boolean; records: Set<object> };

export function createRetryGate(
  clock: Clock,
  events: GateEvents,
  maxWaitMs = MAX_WAIT_MS,
): RetryGate {
  const state: { closed: Closed | undefined } = { closed: undefined };
  const changes = createWakeup(clock);
  const now = steadyClock(clock);
  const open = () => {
    state.closed = undefined;
    events.opened();
    changes.notifyAll();
  };
  return {
    async waitUntilOpen(signal) {
      while (state.closed && !signal.aborted) await changes.sleep(undefined, signal);
    },
    async waitForTurn(signal) {
      while (state.closed) {
        if (signal.aborted) return false;
        const { tryAt, trying } = state.closed;
        const left = tryAt - now();
        if (!trying && left <= 0) {
          state.closed.trying = true;
          return true;
        }
        await changes.sleep(trying ? undefined : left, signal);
      }
      return true;
    },
    failed(fault, failed = []) {
      const { closed } = state;
      const records = new Set([...(closed?.records ?? []), ...failed]);
      // Attempts that passed together fail for one cause.
      if (closed && !closed.trying) {
        closed.records = records;
        return;
      }
      const doubled = closed ? Math.min(maxWaitMs, closed.waitMs * 2) : FIRST_WAIT_MS;
      const waitMs = Math.max(fault.retryAfterMs ?? 0, doubled);
      state.closed = { tryAt: now() + waitMs, waitMs: doubled, trying: false, records };
      if (!closed) events.closed({ fault, waitMs });
      changes.notifyAll();
    },
    succeeded() {
      // A success of an attempt that passed before the failure proves nothing.
      if (state.closed?.trying) open();
    },
    forget(record) {
      const { closed } = state;
      // Otherwise the gate would stay closed where no further record arrives.
      if (closed?.records.delete(record) && closed.records.size === 0) open();
    },
    inconclusive() {
      if (!state.closed?.trying) return;
      state.closed.trying = false;
      changes.notifyAll();
    },
  };
}
