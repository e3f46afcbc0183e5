import type { Fault } from "../domain/faults.ts";
import type { Clock } from "../ports/clock.ts";
import { steadyClock } from "../concurrency/steady-clock.ts";
import { createWakeup } from "../concurrency/wakeup.ts";

const FIRST_WAIT_MS = 1000;
const MAX_WAIT_MS = 60_000;

type GateEvents = {
  /** Once, at the first failure. */
  closed(what: { fault: Fault; waitMs: number }): void;
  /** Once, at the first success after it. */
  opened(): void;
};

/**
 * Lets work through until something fails that is no record's fault; then one try at a time, after waits that double up
 * to a minute, until one succeeds, or no record is left that any of them failed with.
 */
export type RetryGate = {
  /** Waits for its turn, where it must; false where the signal aborted first. Who passed says what came of it. */
  waitForTurn(signal: AbortSignal): Promise<boolean>;
  /** Resolves once it is open, or the signal aborts. */
  waitUntilOpen(signal: AbortSignal): Promise<void>;
  /** `records`: each one by itself, those that it failed with. */
  failed(fault: Fault, records?: readonly object[]): void;
  succeeded(): void;
  /** This record is finished, or left to the backfill. */
  forget(record: object): void;
  /** It came to nothing that could have failed: the next one tries. */
  inconclusive(): void;
};

type Closed = { tryAt: number; waitMs: number; trying: boolean; records: Set<object> };

export function createRetryGate(clock: Clock, events: GateEvents): RetryGate {
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
      // Several that were let through together fail for one reason.
      if (closed && !closed.trying) {
        closed.records = records;
        return;
      }
      const doubled = closed ? Math.min(MAX_WAIT_MS, closed.waitMs * 2) : FIRST_WAIT_MS;
      const waitMs = Math.max(fault.retryAfterMs ?? 0, doubled);
      state.closed = { tryAt: now() + waitMs, waitMs: doubled, trying: false, records };
      if (!closed) events.closed({ fault, waitMs });
      changes.notifyAll();
    },
    succeeded() {
      // What was let through before the failure proves nothing.
      if (state.closed?.trying) open();
    },
    forget(record) {
      const { closed } = state;
      // Where nothing more comes, nobody would ever try again.
      if (closed?.records.delete(record) && closed.records.size === 0) open();
    },
    inconclusive() {
      if (!state.closed?.trying) return;
      state.closed.trying = false;
      changes.notifyAll();
    },
  };
}
