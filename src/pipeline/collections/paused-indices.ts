import type { JoinedStore } from "../joined-store.ts";
import { Fault } from "../../domain/faults.ts";
import { steadyClock } from "../../concurrency/steady-clock.ts";
import type { FitIndex, Survey } from "../../domain/survey.ts";
import type { Clock } from "../../ports/clock.ts";
import type { Events } from "../../ports/events.ts";
import type { StateStore } from "../../ports/state-store.ts";
import { createSavedPauses, type Pause } from "./saved-pauses.ts";

/** Indices that take no updates for now: nothing is paid for their records meanwhile, by no other process either. */
export type PausedIndices = {
  /** A pause holds for the index that it was made for, as that was mapped and set then. */
  surveyed(survey: Pick<Survey, "fit">): void;
  /**
   * Which of the indices are paused. One that has not recently taken updates is asked first: nothing of it is
   * to be paid for in vain, by no new process either. Throws a Fault where it cannot be found out of any of them.
   */
  among(indices: readonly string[], signal: AbortSignal): Promise<Set<string>>;
  /** Takes note of an index that refused every update of a batch, or took one. */
  ended(index: string, fault: Fault | undefined): void;
  /** Whether it is paused at this moment, as far as this process knows. */
  has(index: string): boolean;
  /** Its pause is over, and only a write can show whether it goes on: one record is to try. */
  isOnTrial(index: string): boolean;
  /** Records may wait in these only. A pause of another index would never be found to be over. */
  waitedFor(indices: ReadonlySet<string>): void;
  /** Keeps what has changed for other processes. */
  save(): Promise<void>;
};

type PausedDeps = {
  store: Pick<JoinedStore, "probeWritable">;
  state: Pick<StateStore, "load" | "change">;
  clock: Pick<Clock, "now">;
  events: Pick<Events, "indexPaused" | "indexResumed" | "indexPauseDropped">;
};

const FIRST_WAIT_MS = 30_000;
const MAX_WAIT_MS = 10 * 60_000;
/** So long an update that went through is proof enough. */
const PROVEN_MS = 10 * 60_000;

export function createPausedIndices({ store, state, clock, events }: PausedDeps): PausedIndices {
  const now = steadyClock(clock);
  const kept = createSavedPauses({ state, clock, now });
  const { paused } = kept;
  const provenAt = new Map<string, number>();
  const known = new Map<string, FitIndex>();
  /** Those that this process has asked, or had its own trouble with. */
  const tried = new Set<string>();
  /** Those that this process has spoken of. */
  const told = new Set<string>();
  const tell = (index: string, { fault, waitMs }: Pause) => {
    if (told.has(index)) return;
    told.add(index);
    events.indexPaused({ index, fault, waitMs });
  };
  const pause = (index: string, fault: Fault) => {
    const before = paused.get(index);
    provenAt.delete(index);
    tried.add(index);
    // What was in flight beside it failed for the same reason, and is no news.
    if (before && before.until > now()) return;
    const waitMs = before ? Math.min(before.waitMs * 2, MAX_WAIT_MS) : FIRST_WAIT_MS;
    const { uuid, traits } = known.get(index) ?? {};
    const { since = clock.now() } = before ?? {};
    const made = { fault, since, until: now() + waitMs, waitMs, uuid, traits };
    kept.set(index, made);
    tell(index, made);
  };
  const goOn = (index: string) => {
    provenAt.set(index, now());
    if (!paused.has(index)) return;
    kept.delete(index);
    told.delete(index);
    events.indexResumed({ index });
  };
  const isOpen = (index: string) => {
    const one = paused.get(index);
    // A person who has just fixed it starts a process, which must not wait for the next probe.
    if (one && !tried.has(index) && !onlyWritesTell(one.fault)) return true;
    const askAt = one?.until ?? (provenAt.get(index) ?? -Infinity) + PROVEN_MS;
    return askAt <= now();
  };
  const forget = (index: string) => {
    kept.delete(index);
    if (told.delete(index)) events.indexPauseDropped({ index });
  };
  const isOnTrial = (index: string) => {
    const one = paused.get(index);
    return one !== undefined && one.until <= now() && onlyWritesTell(one.fault);
  };
  return {
    surveyed({ fit }) {
      for (const one of fit) known.set(one.index, one);
      for (const [index, { uuid, traits, until, ...rest }] of paused) {
        const is = known.get(index);
        if (!is) continue;
        if (differ(uuid, is.uuid)) forget(index);
        else if (until > now() && differ(traits, is.traits)) {
          // Something was fixed, perhaps this.
          kept.set(index, { ...rest, uuid, traits: is.traits, until: now() });
        }
      }
    },
    async among(indices, signal) {
      await kept.save();
      await kept.load();
      for (const index of indices) {
        const one = paused.get(index);
        if (one && differ(one.uuid, known.get(index)?.uuid)) forget(index);
        else if (one) tell(index, one);
      }
      const due = indices.filter(isOpen);
      for (const index of due) tried.add(index);
      const probes = due.length > 0 ? await store.probeWritable(due, signal) : [];
      const busy = new Map<string, Fault>();
      for (const { index, allowed, reason, fault } of probes) {
        if (allowed && !isOnTrial(index)) goOn(index);
        else if (fault) busy.set(index, fault);
        else if (!allowed) pause(index, new Fault("index", reason ?? "it takes no updates"));
      }
      const closed = indices.filter(
        (index) => (paused.has(index) && !isOnTrial(index)) || busy.has(index),
      );
      const [fault] = busy.values();
      if (fault && closed.length === indices.length) throw fault;
      return new Set(closed);
    },
    ended(index, fault) {
      if (fault) pause(index, fault);
      else goOn(index);
    },
    has: (index) => paused.has(index) && !isOnTrial(index),
    isOnTrial,
    waitedFor(indices) {
      for (const index of paused.keys()) {
        // Of another pattern's indices this process knows nothing.
        if (!indices.has(index) && (told.has(index) || known.has(index))) forget(index);
      }
    },
    save: () => kept.save(),
  };
}

/** An update of nothing goes through where the mapping takes no vector, and where the answer to a write is never heard. */
function onlyWritesTell({ kind, timedOut }: Fault): boolean {
  return kind !== "index" || timedOut;
}

function differ(a: string | undefined, b: string | undefined): boolean {
  return a !== undefined && b !== undefined && a !== b;
}
