import { once } from "node:events";
import { watch } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";

/** A process that runs until it is stopped. */
export type Running = { stop(): Promise<void> };

/** An editor that saves several files changes them one after the other. */
const SETTLE_MS = 200;

type Plan = {
  /** Watched with all below it. */
  folder: string;
  start(): Running;
  onChange(): void;
  signal: AbortSignal;
};

/** Runs a process until the signal, and starts it again after each change in a folder; never two at a time. */
export async function runAgainOnChange({ folder, start, onChange, signal }: Plan): Promise<void> {
  let changed = Promise.withResolvers<void>();
  const watcher = watch(folder, { recursive: true }, () => changed.resolve());
  const stopped = signal.aborted ? Promise.resolve() : once(signal, "abort");
  let running = start();
  try {
    for (;;) {
      await Promise.race([changed.promise, stopped]);
      await sleep(SETTLE_MS, undefined, { signal }).catch(() => undefined);
      if (signal.aborted) return;
      changed = Promise.withResolvers();
      onChange();
      await running.stop();
      running = start();
    }
  } finally {
    watcher.close();
    await running.stop();
  }
}
