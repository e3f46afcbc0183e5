import { z } from "zod";
import type { Clock } from "../ports/clock.ts";
import type { Memory } from "../ports/memory.ts";
import type { ProcessTable } from "../ports/process-table.ts";
import type { StateStore } from "../ports/state-store.ts";
import type { StopSignals } from "../ports/stop-signals.ts";

export const HEARTBEAT_MS = 30_000;

/** What runs until it is stopped. */
export const ROLES = ["daemon", "tail", "worker"] as const;
export type Role = (typeof ROLES)[number];

/** What a process last left in the state directory; other versions may leave more. Times are ISO 8601, UTC. */
export const processEntryShape = z.looseObject({
  role: z.enum(ROLES),
  pid: z.number(),
  host: z.string(),
  namespace: z.string().nullable(),
  start: z.string().nullable(),
  started_at: z.string(),
  heartbeat_at: z.string(),
  stopped_at: z.string().optional(),
});
export type ProcessEntry = z.infer<typeof processEntryShape>;

/** One document for all processes that share a state directory. */
const DOCUMENT = "processes";
/** What a process on another host left is kept for so long after its last heartbeat. */
const KEPT_MS = 24 * 3_600_000;

type Changes = Record<string, unknown>;

type HeartbeatDeps = {
  role: Role;
  state: Pick<StateStore, "change">;
  clock: Clock;
  processes: ProcessTable;
  memory: Pick<Memory, "now">;
  /** What else is kept with each heartbeat. */
  beside?: () => Changes;
};

/** Runs the work and leaves for `status` and `health` that it lives, what it last did, and that it was stopped. */
export async function runWithHeartbeat(
  { role, state, clock, processes, memory, beside = () => ({}) }: HeartbeatDeps,
  stop: StopSignals,
  work: (save: (changes: Changes) => Promise<void>) => Promise<void>,
): Promise<void> {
  const now = () => new Date(clock.now()).toISOString();
  const memoryNow = () => {
    const { usedBytes, limitBytes } = memory.now();
    return { used_bytes: usedBytes, limit_bytes: limitBytes };
  };
  let current: ProcessEntry = {
    role,
    ...processes.self(),
    started_at: now(),
    heartbeat_at: now(),
  };
  const isMine = (entry: ProcessEntry) =>
    isSame(entry, current) && entry.started_at === current.started_at;
  const save = (changes: Changes) => {
    const beating = { memory: memoryNow(), heartbeat_at: now() };
    current = { ...current, ...beside(), ...changes, ...beating };
    return state.change(DOCUMENT, (document) => [
      ...entriesIn(document).filter((entry) => !isMine(entry) && isOfUse(entry)),
      current,
    ]);
  };
  const isOfUse = (entry: ProcessEntry) => {
    // A process that starts takes the place of those of its role that ended.
    const isOver = entry.stopped_at !== undefined || processes.livenessOf(entry) === "gone";
    if (isOver && entry.role === role && entry.heartbeat_at <= current.started_at) return false;
    return clock.now() - Date.parse(entry.heartbeat_at) < KEPT_MS;
  };
  const beat = async () => {
    while (!stop.requested.aborted) {
      await save({});
      await clock.sleep(HEARTBEAT_MS, stop.requested);
    }
  };
  await Promise.all([beat(), work(save)]);
  await save({ stopped_at: now() });
}

/** What the processes that share the state directory left there, those that started last at the end. */
export async function readProcesses(state: Pick<StateStore, "load">): Promise<ProcessEntry[]> {
  return entriesIn(await state.load(DOCUMENT)).toSorted((a, b) =>
    a.started_at.localeCompare(b.started_at),
  );
}

function entriesIn(document: unknown): ProcessEntry[] {
  if (!Array.isArray(document)) return [];
  return document.flatMap((one) => processEntryShape.safeParse(one).data ?? []);
}

function isSame(one: ProcessEntry, other: ProcessEntry): boolean {
  return (["pid", "host", "namespace", "start"] as const).every((key) => one[key] === other[key]);
}
