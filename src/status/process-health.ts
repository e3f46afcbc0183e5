import type { ProcessTable } from "../ports/process-table.ts";
import { HEARTBEAT_MS, type ProcessEntry } from "./heartbeat.ts";

/**
 * `died`: it is gone and never said that it stopped. `not_responding`: it exists and has missed three heartbeats.
 * `silent`: the same of one on another host or in another container, which may be gone.
 */
export const PROCESS_STATES = ["running", "stopped", "died", "not_responding", "silent"] as const;
type ProcessState = (typeof PROCESS_STATES)[number];

export type ProcessHealth = { state: ProcessState; entry: ProcessEntry };

const SILENT_MS = 3 * HEARTBEAT_MS;

/** How each process is, by the system where that can tell, else by its heartbeat. `now`: milliseconds since the epoch. */
export function processHealth(
  entries: readonly ProcessEntry[],
  { livenessOf }: Pick<ProcessTable, "livenessOf">,
  now: number,
): ProcessHealth[] {
  return entries.map((entry) => ({ entry, state: stateOf(entry) }));

  function stateOf(entry: ProcessEntry): ProcessState {
    if (entry.stopped_at !== undefined) return "stopped";
    const liveness = livenessOf(entry);
    if (liveness === "gone") return "died";
    if (now - Date.parse(entry.heartbeat_at) <= SILENT_MS) return "running";
    return liveness === "running" ? "not_responding" : "silent";
  }
}

/** One runs, and none is known to have died or to hang. */
export function isHealthy(all: readonly ProcessHealth[]): boolean {
  const is = (...states: ProcessState[]) => all.some(({ state }) => states.includes(state));
  return is("running") && !is("died", "not_responding");
}
