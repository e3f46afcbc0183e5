import { readProcesses, type ProcessEntry, type Role } from "../../../src/status/heartbeat.ts";
import type { Liveness, ProcessTable } from "../../../src/ports/process-table.ts";
import type { StateStore } from "../../../src/ports/state-store.ts";

/** A process table that says of each process id what it is told to; of the others that they run. */
export function createFakeProcesses(pid = 4711, states: Record<number, Liveness> = {}) {
  return {
    self: () => ({ pid, host: "some-host", namespace: "pid:[1]", start: "100" }),
    livenessOf: (process) => states[process.pid] ?? "running",
  } satisfies ProcessTable;
}

/** What the newest process of a role left. */
export async function leftBy(
  state: Pick<StateStore, "load">,
  role: Role,
): Promise<ProcessEntry | undefined> {
  return (await readProcesses(state)).findLast((entry) => entry.role === role);
}
