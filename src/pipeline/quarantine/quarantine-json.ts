import type { Changed } from "./change-quarantined.ts";
import type { QuarantineList } from "./list-quarantined.ts";
import type { Quarantined, Unread } from "./quarantined.ts";

/** The object that `quarantine list --json` prints. */
export function listJson({ total, groups, byError, newest, unread }: QuarantineList) {
  const quarantined = newest.map(entryJson);
  return { total, by_error: byError, groups, quarantined, ...unreadJson(unread) };
}

/** The object that `quarantine retry --json` and `drop --json` print. */
export function changedJson({ problems, unread, fault, ...counts }: Changed) {
  const stopped = fault ? { stopped_by: fault.message } : {};
  return { ...counts, problems, ...unreadJson(unread), ...stopped };
}

/** The same with `--dry-run`. */
export function countedJson({ matched, unread }: Pick<Changed, "matched" | "unread">) {
  return { matched, dry_run: true, ...unreadJson(unread) };
}

function entryJson({ index, id, timestamp, attempts, error, nextTry, keptIn }: Quarantined) {
  const times = { timestamp: timestamp ?? null, next_try: nextTry ?? null };
  // Every writer of the index can have written the error.
  const quotedFrom = keptIn === "document" ? index : null;
  return { index, id, attempts, error, quoted_from: quotedFrom, ...times, kept_in: keptIn };
}

function unreadJson({ indices, gaps }: Unread) {
  const unread = indices.map(({ index, fault }) => ({ index, reason: fault.message }));
  return { unread, gaps };
}
