import { z } from "zod";
import { gapsShape } from "../../domain/partial.ts";

const count = z.int().nonnegative();

const unreadShape = z.object({
  unread: z
    .array(z.object({ index: z.string(), reason: z.string() }))
    .describe("Indices that could not be searched."),
  gaps: gapsShape.describe("Parts of the others that did not answer; empty where all did."),
});
/** What could not be seen of the quarantine. */
export type Unread = z.infer<typeof unreadShape>;

const entryShape = z.object({
  index: z.string(),
  id: z.string(),
  attempts: count,
  error: z.string(),
  quoted_from: z
    .string()
    .nullable()
    .describe("The index in whose document the error stands; null: the state directory."),
  timestamp: z.string().nullable().describe("Of the log."),
  next_try: z.string().nullable().describe("ISO 8601, UTC; null: never."),
  kept_in: z.enum(["document", "state"]),
});
export type QuarantineEntry = z.infer<typeof entryShape>;

/** What `quarantine list --json` prints and `GET /api/v1/quarantine` answers. */
export const quarantineListShape = unreadShape.extend({
  total: count.describe("Without those that have no text."),
  by_error: z
    .array(z.object({ error: z.string(), records: count }))
    .describe("By kind of error, the most frequent first."),
  groups: z
    .array(
      z.object({
        index: z.string(),
        why: z.enum(["loop", "empty"]),
        records: count,
        error: z.string(),
        ids: z.array(z.string()).describe("The first ten."),
      }),
    )
    .describe("Records that lose their vectors repeatedly, and records without a text."),
  quarantined: z.array(entryShape).describe("The others, the newest logs first."),
});
export type QuarantineList = z.infer<typeof quarantineListShape>;

/** What `quarantine retry --json` and `drop --json` print. */
export const quarantineChangeShape = unreadShape.extend({
  matched: count.describe(
    "Records that the filter takes and that are not as wanted already: the sum of the next four.",
  ),
  changed: count,
  conflicted: count.describe("Documents that changed in the meantime."),
  missing: count.describe("Documents that were deleted in the meantime."),
  failed: count,
  problems: z
    .array(z.object({ index: z.string(), id: z.string(), reason: z.string() }))
    .describe("Why records were not changed; the first hundred."),
  stopped_by: z.string().exactOptional().describe("What ended it early."),
});
export type QuarantineChange = z.infer<typeof quarantineChangeShape>;

/** The same with `--dry-run`. */
export const quarantineCountShape = unreadShape.extend({
  matched: count,
  dry_run: z.literal(true),
});

/** As much of a reason as a table shows. */
const MAX_SHOWN = 100;

/** Why a record is quarantined. Text from a document is quoted, because every writer of the index can have written it. */
export function quarantineReason(
  { error, quoted_from: index }: Pick<QuarantineEntry, "error" | "quoted_from">,
  most = Infinity,
): string {
  return index === null ? cut(error, most) : `index "${index}" says: ${quoted(error, most)}`;
}

/** The same, short enough for a table. */
export function shortQuarantineReason(entry: QuarantineEntry): string {
  return quarantineReason(entry, MAX_SHOWN);
}

/** A kind of error, in the words of the documents. */
export function quoted(error: string, most = Infinity): string {
  return `"${cut(error, most)}"`;
}

function cut(text: string, most: number): string {
  return text.length > most ? `${text.slice(0, most - 1)}…` : text;
}
