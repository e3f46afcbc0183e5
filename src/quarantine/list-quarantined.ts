import { NO_GAPS } from "../model/partial.ts";
import { errorKind } from "./error-kind.ts";
import {
  findQuarantined,
  type Quarantined,
  type QuarantineDeps,
  type QuarantineFilter,
  type Unread,
} from "./quarantined.ts";

export type QuarantineList = {
  total: number;
  /** Counts by kind of error, the most frequent first. */
  byError: { error: string; records: number }[];
  /** The newest logs first. */
  newest: Quarantined[];
  unread: Unread;
};

/** Kinds of errors that are told apart; all further ones count as one. */
const MAX_KINDS = 500;
/** Where they go; no error is of this kind. */
export const OTHER_ERRORS = "other errors";

/** The newest of the quarantine, and how many there are of each kind of error. Throws a Fault. */
export async function listQuarantined(
  deps: QuarantineDeps,
  { filter, limit }: { filter: QuarantineFilter; limit: number },
  signal: AbortSignal,
): Promise<QuarantineList> {
  const unread: Unread = { indices: [], gaps: NO_GAPS };
  const kinds = new Map<string, number>();
  let newest: Quarantined[] = [];
  let total = 0;
  for await (const found of findQuarantined(deps, filter, unread, signal)) {
    const entries = found.map(({ entry }) => entry);
    total += entries.length;
    for (const { error } of entries) {
      const kind = errorKind(error);
      const counted = kinds.has(kind) || kinds.size < MAX_KINDS ? kind : OTHER_ERRORS;
      kinds.set(counted, (kinds.get(counted) ?? 0) + 1);
    }
    newest = newest.concat(entries).toSorted(newestFirst).slice(0, limit);
  }
  const byError = [...kinds]
    .map(([error, records]) => ({ error, records }))
    .toSorted((a, b) => b.records - a.records);
  return { total, byError, newest, unread };
}

function newestFirst(a: Quarantined, b: Quarantined): number {
  return timeOf(b) - timeOf(a);
}

/** Those of no known time come last. */
function timeOf({ timestamp = "" }: Quarantined): number {
  const time = Date.parse(timestamp);
  return Number.isNaN(time) ? Number.MIN_SAFE_INTEGER : time;
}
