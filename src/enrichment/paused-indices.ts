import { Fault } from "../model/faults.ts";
import { steadyClock } from "../model/steady-clock.ts";
import type { Clock } from "../ports/clock.ts";
import type { Events } from "../ports/events.ts";
import type { LogStore } from "../ports/log-store.ts";

/** Indices that take no updates for now: nothing is paid for their records meanwhile. */
export type PausedIndices = {
  /**
   * Which of the indices are paused. One that has not shown lately that it takes updates is asked first: nothing of it is
   * to be paid for in vain, by no new process either. Throws a Fault where it cannot be found out of any of them.
   */
  among(indices: readonly string[], signal: AbortSignal): Promise<Set<string>>;
  /** Takes note of an index that refused every update of a batch, or took one. */
  ended(index: string, fault: Fault | undefined): void;
  /** Records may wait in these only. Of another one that was paused nobody would ever find out that it goes on. */
  waitedFor(indices: ReadonlySet<string>): void;
};

type PausedDeps = {
  store: Pick<LogStore, "probeUpdates">;
  clock: Pick<Clock, "now">;
  events: Pick<Events, "indexPaused" | "indexGoesOn" | "indexNotWaitedFor">;
};

type Pause = { until: number; waitMs: number };

const FIRST_WAIT_MS = 30_000;
const MAX_WAIT_MS = 10 * 60_000;
/** So long an update that went through is proof enough. */
const PROVEN_MS = 10 * 60_000;

export function createPausedIndices({ store, clock, events }: PausedDeps): PausedIndices {
  const paused = new Map<string, Pause>();
  const provenAt = new Map<string, number>();
  const now = steadyClock(clock);
  const pause = (index: string, fault: Fault) => {
    const before = paused.get(index);
    provenAt.delete(index);
    // What was under way beside it failed for the same reason, and is no news.
    if (before && before.until > now()) return;
    const waitMs = before ? Math.min(before.waitMs * 2, MAX_WAIT_MS) : FIRST_WAIT_MS;
    paused.set(index, { until: now() + waitMs, waitMs });
    if (!before) events.indexPaused({ index, fault, waitMs });
  };
  const goOn = (index: string) => {
    provenAt.set(index, now());
    if (paused.delete(index)) events.indexGoesOn({ index });
  };
  const isOpen = (index: string) => {
    const pausedUntil = paused.get(index)?.until;
    const askAt = pausedUntil ?? (provenAt.get(index) ?? -Infinity) + PROVEN_MS;
    return askAt <= now();
  };
  return {
    async among(indices, signal) {
      const due = indices.filter(isOpen);
      const probes = due.length > 0 ? await store.probeUpdates(due, signal) : [];
      const busy = new Map<string, Fault>();
      for (const { index, allowed, reason, fault } of probes) {
        if (allowed) goOn(index);
        else if (fault) busy.set(index, fault);
        else pause(index, new Fault("index", reason ?? "it takes no updates"));
      }
      const closed = indices.filter((index) => paused.has(index) || busy.has(index));
      const [fault] = busy.values();
      if (fault && closed.length === indices.length) throw fault;
      return new Set(closed);
    },
    ended(index, fault) {
      if (fault) pause(index, fault);
      else goOn(index);
    },
    waitedFor(indices) {
      for (const index of paused.keys()) {
        if (indices.has(index)) continue;
        paused.delete(index);
        events.indexNotWaitedFor({ index });
      }
    },
  };
}
