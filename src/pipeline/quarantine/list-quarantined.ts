import { NO_GAPS } from "../../domain/partial.ts";
import { errorKind } from "./error-kind.ts";
import type { QuarantineEntry, QuarantineList, Unread } from "./quarantine-answer.ts";
import {
  findQuarantined,
  type Quarantined,
  type QuarantineDeps,
  type QuarantineFilter,
} from "./quarantined.ts";

/** Records of one index that share their reason. */
type QuarantineGroup = QuarantineList["groups"][number];

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
  const unread: Unread = { unread: [], gaps: NO_GAPS };
  const kinds = new Map<string, number>();
  let newest: Quarantined[] = [];
  const groups = new Map<string, QuarantineGroup>();
  let total = 0;
  for await (const found of findQuarantined(deps, filter, unread, signal)) {
    for (const { entry } of found) addToGroup(groups, entry);
    const entries = found.map(({ entry }) => entry).filter(({ why }) => why !== "empty");
    total += entries.length;
    for (const { error } of entries) {
      const kind = errorKind(error);
      const counted = kinds.has(kind) || kinds.size < MAX_KINDS ? kind : OTHER_ERRORS;
      kinds.set(counted, (kinds.get(counted) ?? 0) + 1);
    }
    newest = newest
      .concat(entries.filter(({ why }) => why === "refused"))
      .toSorted(newestFirst)
      .slice(0, limit);
  }
  const byError = [...kinds]
    .map(([error, records]) => ({ error, records }))
    .toSorted((a, b) => b.records - a.records);
  return {
    total,
    by_error: byError,
    groups: [...groups.values()],
    quarantined: newest.map(entryOf),
    ...unread,
  };
}

function entryOf(entry: Quarantined): QuarantineEntry {
  const { index, id, attempts, error, keptIn } = entry;
  // Every writer of the index can have written the error.
  const quotedFrom = keptIn === "document" ? index : null;
  const times = { timestamp: entry.timestamp ?? null, next_try: entry.nextTry ?? null };
  return { index, id, attempts, error, quoted_from: quotedFrom, ...times, kept_in: keptIn };
}

function addToGroup(groups: Map<string, QuarantineGroup>, entry: Quarantined): void {
  const { index, id, why, error } = entry;
  if (why === "refused") return;
  const key = JSON.stringify([index, why, error]);
  const group = groups.get(key) ?? { index, why, records: 0, error, ids: [] };
  group.records++;
  if (group.ids.length < NAMED) group.ids.push(id);
  groups.set(key, group);
}

const NAMED = 10;

function newestFirst(a: Quarantined, b: Quarantined): number {
  return timeOf(b) - timeOf(a);
}

/** Those of no known time come last. */
function timeOf({ timestamp = "" }: Quarantined): number {
  const time = Date.parse(timestamp);
  return Number.isNaN(time) ? Number.MIN_SAFE_INTEGER : time;
}
