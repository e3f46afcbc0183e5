import { totalmem } from "node:os";
import { getHeapStatistics } from "node:v8";
import type { Memory } from "../../ports/memory.ts";

type Readings = {
  residentBytes(): number;
  /** Of the cgroup, version 2 or 1; 0 or more than there is where nothing limits it. */
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

/** The memory of this process and its limit. */
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
