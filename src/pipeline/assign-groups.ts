import { groupOf } from "../domain/group.ts";
import type { JoinedStore } from "./joined-store.ts";
import type { StopSignals } from "../ports/stop-signals.ts";
import { rewriteScanned, type Rewritten } from "./rewrite-scanned.ts";
import { maskAhead, type ToText } from "./text.ts";

type AssignDeps = {
  store: Pick<JoinedStore, "openUngroupedScan" | "write" | "makeVisible">;
  toText: ToText;
  /** After each page: records that have had their turn. */
  progress(seen: number): void;
};

/** Their texts come with them, at most as many bytes as one answer holds. */
const PAGE = 500;

/**
 * Writes the group of each record into the stamp that has none. A record that changed meanwhile is not written; it gets its
 * group with its next vector, or by another run. Throws a Fault only where nothing was done before it.
 */
export async function assignGroups(
  { store, toText, progress }: AssignDeps,
  indices: readonly string[],
  stop: StopSignals,
): Promise<Rewritten> {
  return rewriteScanned(
    {
      store,
      open: store.openUngroupedScan,
      page: PAGE,
      progress,
      async updatesOf(records) {
        const masked = await maskAhead(
          toText,
          records.map(({ text }) => text),
        );
        const updates = records.map((record) => {
          const { service, exception } = record;
          const { group } = groupOf({ text: masked(record.text), service, exception });
          return { record, group };
        });
        return { updates, unread: 0 };
      },
    },
    indices,
    stop,
  );
}
