import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { setTimeout as sleep } from "node:timers/promises";
import type { RunningCommand } from "../commands/run-command.ts";

/** Why memory cannot be measured here; false where it can. */
export const skipMemory = existsSync("/proc/self/status") ? false : "memory is read from /proc";

/** The high-water mark of the process in bytes, read until it has ended; a mark never goes down. */
export async function peakBytes({ pid, ended }: RunningCommand): Promise<number> {
  let peak = 0;
  const over = new AbortController();
  void ended.finally(() => over.abort());
  while (!over.signal.aborted) {
    peak = Math.max(peak, await highWaterMark(pid));
    await sleep(50);
  }
  return peak;
}

/** In bytes; 0 where the process is gone. */
export async function highWaterMark(pid: number): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, "utf8").catch(() => "");
  return 1024 * Number(/^VmHWM:\s+(\d+) kB$/m.exec(status)?.[1] ?? 0);
}
