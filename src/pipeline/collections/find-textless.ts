import { Fault } from "../../domain/faults.ts";
import type { Textless } from "../../domain/textless.ts";
import type { LogStore } from "../../ports/log-store.ts";

/** Nothing where it cannot be found out: it is a hint, and stops no work. */
export async function findTextless(
  store: Pick<LogStore, "findTextElsewhere">,
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
