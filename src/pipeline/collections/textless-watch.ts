import type { IndexCoverage } from "../../domain/coverage.ts";
import { Fault } from "../../domain/faults.ts";
import { textlessAmong, type Textless } from "../../domain/textless.ts";
import type { Events } from "../../ports/events.ts";
import type { RecordStore } from "../../ports/record-store.ts";

/** Tells of indices in which no record has a text, once until they are others. */
export type TextlessWatch = {
  counted(rows: readonly IndexCoverage[], signal: AbortSignal): Promise<void>;
};

export function createTextlessWatch(
  store: Pick<RecordStore, "findTextElsewhere">,
  events: Pick<Events, "textlessFound">,
): TextlessWatch {
  const told = new Set<string>();
  return {
    async counted(rows, signal) {
      const names = textlessAmong(rows).map(({ index }) => index);
      for (const index of told) if (!names.includes(index)) told.delete(index);
      const fresh = names.filter((index) => !told.has(index));
      const found = await findTextless(store, fresh, signal);
      if (found.length > 0) events.textlessFound({ indices: found });
      for (const index of fresh) told.add(index);
    },
  };
}

/** Nothing where it cannot be found out: it is a hint, and stops no work. */
export async function findTextless(
  store: Pick<RecordStore, "findTextElsewhere">,
  indices: readonly string[],
  signal: AbortSignal,
): Promise<Textless[]> {
  if (indices.length === 0) return [];
  try {
    return await store.findTextElsewhere(indices, signal);
  } catch (error) {
    if (!(error instanceof Fault)) throw error;
    return [];
  }
}
