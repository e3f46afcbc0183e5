import type { z } from "zod";
import { unknownGroup } from "../memory/known-group.ts";
import { noteListShape, type Notes } from "../memory/notes.ts";
import { SearchRefused } from "../search/search-refused.ts";
import { carriedShape, type CarriedNote } from "./group-answers.ts";
import type { Groups } from "./groups.ts";

/** What `note list` prints with `--json`, and its route answers. */
export const notesAnswerShape = noteListShape.extend({
  carried: carriedShape.describe(
    "On the first page of a group without a valid note of its own: notes of alike groups, valid ones first, each newest first; null where they cannot be read.",
  ),
});
export type NotesAnswer = z.infer<typeof notesAnswerShape>;

/**
 * Notes, and on the first page of one group those of alike groups too. A group that only its records name has none of its own. Throws a
 * MemoryRefused, also where no record has the group and the memory does not know it; and a Fault.
 */
export async function listNotes(
  { notes, groups }: { notes: Pick<Notes, "list">; groups: Pick<Groups, "show"> },
  query: Parameters<Notes["list"]>[0],
  signal: AbortSignal,
): Promise<NotesAnswer> {
  const list = await notes.list(query, signal);
  const { group, from } = query;
  if (group === undefined || from !== undefined) return { ...list, carried: [] };
  const carried = await carriedTo(groups, group, signal);
  // Whoever wrote a note saw the group, though its records and what was kept of it are gone.
  if (carried === undefined && list.notes.length === 0) throw unknownGroup(group);
  return { ...list, carried: carried === undefined ? [] : carried };
}

/** Undefined where there is no such group. */
async function carriedTo(
  groups: Pick<Groups, "show">,
  group: string,
  signal: AbortSignal,
): Promise<CarriedNote[] | null | undefined> {
  try {
    return (await groups.show(group, signal)).carried;
  } catch (error) {
    if (error instanceof SearchRefused && error.code === "not_found") return undefined;
    throw error;
  }
}
