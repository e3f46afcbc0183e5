import { readFileSync, readlinkSync } from "node:fs";
import { hostname, totalmem } from "node:os";
import { getHeapStatistics } from "node:v8";
import type { Memory } from "../../ports/memory.ts";
import type { Liveness, ProcessIdentity, ProcessTable } from "../../ports/process-table.ts";

/** Processes of this machine: by /proc on Linux, else by signal 0. Reads kernel files, which do not block. */
export function createProcessTable(root = "/proc"): ProcessTable {
  const here = { host: hostname(), namespace: namespaceOf(root) };
  return {
    self: () => ({ pid: process.pid, ...here, start: statOf(root, process.pid)?.start ?? null }),
    livenessOf({ pid, host, namespace, start }: ProcessIdentity): Liveness {
      if (host !== here.host || namespace !== here.namespace) return "unknown";
      const stat = statOf(root, pid);
      if (!stat) return exists(pid) ? "unknown" : "gone";
      // A zombie only waits for its parent to collect it.
      const isDead = stat.state === "Z" || stat.state === "X";
      if (isDead || (start !== null && stat.start !== start)) return "gone";
      return start === null ? "unknown" : "running";
    },
  };
}

function namespaceOf(root: string): string | null {
  try {
    return readlinkSync(`${root}/self/ns/pid`);
  } catch {
    return null;
  }
}

/** Fields 3 and 22 of proc_pid_stat(5); the name in field 2 may contain blanks and parentheses. */
function statOf(root: string, pid: number): { state: string; start: string } | undefined {
  try {
    const text = readFileSync(`${root}/${pid}/stat`, "utf8");
    const fields = text.slice(text.lastIndexOf(")") + 2).split(" ");
    const [state] = fields;
    const start = fields[19];
    return state === undefined || start === undefined ? undefined : { state, start };
  } catch {
    return undefined;
  }
}

function exists(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error instanceof Error && "code" in error && error.code === "EPERM";
  }
}

type Readings = {
  residentBytes(): number;
  /** The cgroup's limit (version 1 or 2); 0, or more than the machine has, where there is none. */
  constrainedBytes(): number | undefined;
  totalBytes(): number;
  heapLimitBytes(): number;
};

const REAL: Readings = {
  residentBytes: () => process.memoryUsage.rss(),
  constrainedBytes: () => process.constrainedMemory(),
  totalBytes: totalmem,
  heapLimitBytes: () => getHeapStatistics().heap_size_limit,
};

export function createProcessMemory(readings: Readings = REAL): Memory {
  const limitBytes = () => {
    const constrained = readings.constrainedBytes() ?? 0;
    const total = readings.totalBytes();
    return constrained > 0 ? Math.min(constrained, total) : total;
  };
  return {
    now: () => ({ usedBytes: readings.residentBytes(), limitBytes: limitBytes() }),
    heapBytes: () => Math.min(limitBytes(), readings.heapLimitBytes()),
  };
}
