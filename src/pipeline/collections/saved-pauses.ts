import { z } from "zod";
import { Fault, FAULT_KINDS } from "../../domain/faults.ts";
import type { Clock } from "../../ports/clock.ts";
import type { StateStore } from "../../ports/state-store.ts";

/** One index that is skipped. */
export type Pause = {
  fault: Fault;
  /** Milliseconds since the epoch. */
  since: number;
  /** By the clock that never goes back. */
  until: number;
  waitMs: number;
  /** Of the index, and of what it was mapped and set like, where they are known. */
  uuid: string | undefined;
  traits: string | undefined;
};

/** The pauses of all processes that share a state directory. */
export type SavedPauses = {
  readonly paused: ReadonlyMap<string, Pause>;
  set(index: string, pause: Pause): void;
  delete(index: string): void;
  /** Takes over what others have changed; asks for it once in a few seconds. */
  load(): Promise<void>;
  save(): Promise<void>;
};

const DOCUMENT = "paused-indices";
const LOAD_EVERY_MS = 5000;
/** An older pause is dropped. */
const FORGOTTEN_MS = 7 * 24 * 3_600_000;
const MAX_PAUSES = 1000;

const keptShape = z.object({
  reason: z.string(),
  kind: z.enum(FAULT_KINDS),
  timed_out: z.boolean().default(false),
  since: z.number(),
  until: z.number(),
  wait_ms: z.number().min(0),
  uuid: z.string().optional(),
  traits: z.string().optional(),
});
type Kept = z.infer<typeof keptShape>;
const documentShape = z.record(z.string(), z.unknown());

/** Times in the file are of the machines' clocks, which may be set: none makes a wait longer than it was. */
export function createSavedPauses({
  state,
  clock,
  now,
}: {
  state: Pick<StateStore, "load" | "change">;
  clock: Pick<Clock, "now">;
  now: () => number;
}): SavedPauses {
  const paused = new Map<string, Pause>();
  /** What the file does not say yet. */
  const changed = new Set<string>();
  let loadedAt = -Infinity;
  let saving: Promise<void> | undefined;
  const toKept = ({ fault, since, until, waitMs, uuid, traits }: Pause): Kept => ({
    reason: fault.message,
    kind: fault.kind,
    timed_out: fault.timedOut,
    since,
    until: clock.now() + until - now(),
    wait_ms: waitMs,
    ...(uuid === undefined ? {} : { uuid }),
    ...(traits === undefined ? {} : { traits }),
  });
  const fromKept = ({ reason, kind, timed_out: timedOut, since, until, ...kept }: Kept): Pause => {
    const leftMs = Math.min(until - clock.now(), kept.wait_ms);
    return {
      fault: new Fault(kind, reason, { timedOut }),
      since,
      until: now() + leftMs,
      waitMs: kept.wait_ms,
      uuid: kept.uuid,
      traits: kept.traits,
    };
  };
  const takeOver = (document: unknown) => {
    const entries = entriesIn(document);
    for (const index of paused.keys()) {
      if (!changed.has(index) && !entries.has(index)) paused.delete(index);
    }
    for (const [index, kept] of entries) {
      if (!changed.has(index)) paused.set(index, fromKept(kept));
    }
  };
  const saveNow = async () => {
    const mine = [...changed];
    changed.clear();
    await state.change(DOCUMENT, (document) => {
      const entries = entriesIn(document);
      for (const index of mine) {
        const pause = paused.get(index);
        if (pause) entries.set(index, toKept(pause));
        else entries.delete(index);
      }
      const young = [...entries].filter(([, kept]) => kept.until > clock.now() - FORGOTTEN_MS);
      return Object.fromEntries(young.slice(-MAX_PAUSES));
    });
  };
  return {
    paused,
    set(index, pause) {
      paused.set(index, pause);
      changed.add(index);
    },
    delete(index) {
      if (paused.delete(index)) changed.add(index);
    },
    async load() {
      if (now() - loadedAt < LOAD_EVERY_MS) return;
      loadedAt = now();
      takeOver(await state.load(DOCUMENT));
    },
    async save() {
      await saving;
      if (changed.size === 0) return;
      saving = saveNow().finally(() => (saving = undefined));
      await saving;
    },
  };
}

/** What cannot be read is not known. */
function entriesIn(document: unknown): Map<string, Kept> {
  const { data = {} } = documentShape.safeParse(document);
  return new Map(
    Object.entries(data).flatMap(([index, entry]): [string, Kept][] => {
      const { data: kept } = keptShape.safeParse(entry);
      return kept ? [[index, kept]] : [];
    }),
  );
}
