import { totalmem } from "node:os";
import { getHeapStatistics } from "node:v8";
import type { Memory } from "../../ports/memory.ts";

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
