import type { Clock } from "./ports/clock.ts";
import type { StateStore } from "./ports/state-store.ts";
import type { StopSignals } from "./ports/stop-signals.ts";

export const HEARTBEAT_MS = 30_000;

/** What runs until it is stopped, each with a document of its own in the state directory. */
export const ROLES = ["daemon", "tail", "worker"] as const;
export type Role = (typeof ROLES)[number];

type Changes = Record<string, unknown>;

type HeartDeps = {
  role: Role;
  state: StateStore;
  clock: Clock;
  pid: number;
  /** What else is kept with each heartbeat. */
  beside?: () => Changes;
};

/** Runs the work and leaves for `status` and `health` that it lives, what it last did, and that it was stopped. */
export async function runWithHeart(
  { role, state, clock, pid, beside = () => ({}) }: HeartDeps,
  stop: StopSignals,
  work: (save: (changes: Changes) => Promise<void>) => Promise<void>,
): Promise<void> {
  const now = () => new Date(clock.now()).toISOString();
  let current: Changes = { pid, started_at: now(), heartbeat_at: now() };
  const save = (changes: Changes) => {
    current = { ...current, ...beside(), ...changes, heartbeat_at: now() };
    return state.save(role, current);
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
