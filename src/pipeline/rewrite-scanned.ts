import { Fault } from "../domain/faults.ts";
import type { LogRecord } from "../domain/log-record.ts";
import type { Scan, Update } from "../ports/record-store.ts";
import type { StopSignals } from "../ports/stop-signals.ts";
import type { JoinedStore } from "./joined-store.ts";

export type RewriteDeps = {
  store: Pick<JoinedStore, "write" | "makeVisible">;
  /** Over the records of an index that are to be rewritten, each once. */
  open(index: string, signal: AbortSignal): Promise<Scan>;
  /** What is written of a page. `unread`: records that could not be read; the rest stays as it is. */
  updatesOf(
    records: readonly LogRecord[],
    signal: AbortSignal,
  ): Promise<{ updates: Update[]; unread: number }>;
  /** Records of one page: with their vectors they come as 17 KB each. */
  page: number;
  /** After each page: records that have had their turn. */
  progress(seen: number): void;
};

export type Rewritten = {
  seen: number;
  written: number;
  /** They stay as they are. */
  left: number;
  /** They changed in the meantime, or could not be read or written; another run comes to them again. */
  failed: number;
  /** What ended it before all had their turn. */
  fault?: Fault;
};

/**
 * Rewrites what a scan finds, index by index; nothing is embedded. What is rewritten is not found again, so that a run that
 * was cut off goes on from what the store says. Throws a Fault only where nothing was done before it.
 */
export async function rewriteScanned(
  deps: RewriteDeps,
  indices: readonly string[],
  stop: StopSignals,
): Promise<Rewritten> {
  const done: Rewritten = { seen: 0, written: 0, left: 0, failed: 0 };
  try {
    for (const index of indices) {
      if (stop.requested.aborted) break;
      const before = done.written;
      await rewriteIndex(deps, index, done, stop);
      if (done.written > before) await deps.store.makeVisible([index], stop.everything);
    }
  } catch (error) {
    if (!(error instanceof Fault) || done.seen === 0) throw error;
    done.fault = error;
  }
  return done;
}

async function rewriteIndex(
  deps: RewriteDeps,
  index: string,
  done: Rewritten,
  stop: StopSignals,
): Promise<void> {
  await using scan = await deps.open(index, stop.everything);
  while (!stop.requested.aborted) {
    const records = await scan.next(deps.page, stop.everything);
    if (records.length === 0) return;
    done.seen += records.length;
    const { updates, unread } = await deps.updatesOf(records, stop.everything);
    const results = updates.length > 0 ? await deps.store.write(updates, stop.everything) : [];
    const written = results.filter(({ status }) => status === "written").length;
    done.written += written;
    done.failed += updates.length - written + unread;
    done.left += records.length - updates.length - unread;
    deps.progress(done.seen);
    const refused = results.every(({ status }) => status === "failed") ? results[0] : undefined;
    if (refused?.status === "failed") throw refused.fault;
  }
}
