import type { Clock } from "../../../src/ports/clock.ts";

export type ManualClock = Clock & {
  /** Moves time on, waking each sleeper at its own time and letting it work before the next one wakes. */
  advance(ms: number): Promise<void>;
  /** Sets the time without waking anybody, as a machine does that slept itself. */
  jump(ms: number): void;
  /** Sets the time forward or back; who is asleep sleeps as long as it would have. */
  set(ms: number): void;
  /** How many are asleep. */
  readonly sleepers: number;
  /** How long each sleep was asked to be, in order. */
  readonly slept: number[];
};

type Sleeper = { dueAt: number; wake: () => void };

/** A clock whose time moves only when told; it starts at 2026-01-02T03:04:05Z. */
export function createManualClock(startAt = Date.parse("2026-01-02T03:04:05Z")): ManualClock {
  let now = startAt;
  const sleepers = new Set<Sleeper>();
  const slept: number[] = [];

  function sleep(ms: number, signal?: AbortSignal): Promise<void> {
    slept.push(ms);
    if (ms <= 0 || signal?.aborted) return Promise.resolve();
    return new Promise((resolve) => {
      const wake = () => {
        sleepers.delete(sleeper);
        signal?.removeEventListener("abort", wake);
        resolve();
      };
      const sleeper: Sleeper = { dueAt: now + ms, wake };
      sleepers.add(sleeper);
      signal?.addEventListener("abort", wake, { once: true });
    });
  }

  async function advance(ms: number): Promise<void> {
    const end = now + ms;
    await settled();
    for (let next = firstDue(sleepers, end); next; next = firstDue(sleepers, end)) {
      now = Math.max(now, next.dueAt);
      next.wake();
      await settled();
    }
    now = end;
  }

  return {
    now: () => now,
    sleep,
    advance,
    jump: (ms) => {
      now += ms;
    },
    set: (ms) => {
      now += ms;
      for (const sleeper of sleepers) sleeper.dueAt += ms;
    },
    get sleepers() {
      return sleepers.size;
    },
    slept,
  };
}

function firstDue(sleepers: ReadonlySet<Sleeper>, end: number): Sleeper | undefined {
  let first: Sleeper | undefined;
  for (const sleeper of sleepers) {
    if (sleeper.dueAt <= end && (!first || sleeper.dueAt < first.dueAt)) first = sleeper;
  }
  return first;
}

/** Resolves when everything that can go on without time or network has gone on. */
export function settled(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
