import { markOf, type Note } from "../domain/memory/note.ts";
import type { AlikeRow, CarriedNote, Difference } from "./group-answers.ts";

/** A group as it is now, or was when a note about it was written. Hosts and versions: absent where they are not known. */
export type Circumstances = Pick<AlikeRow, "service" | "exception"> & {
  hosts?: readonly string[] | undefined;
  versions?: readonly string[] | undefined;
};

/** A group that is alike, with its notes; null where they cannot be read. */
export type NotedAlike = Circumstances &
  Pick<AlikeRow, "group" | "surely" | "cosine" | "only_this" | "only_other"> & {
    notes: readonly Note[] | null;
  };

/** A note as it is told of a group. */
export type ToldNote = {
  note: Note;
  /** It is about a group that is only alike, this one. */
  perhaps: Pick<NotedAlike, "group" | "surely" | "cosine"> | null;
  /** What is other this time than when it was written. */
  differs: Difference[];
};

/**
 * The notes of alike groups as they are shown with a group that has no valid note of its own, at most `most`: valid ones first, newest
 * first, so that a correction stands before what it corrects; then those that somebody said are wrong or outdated, marked.
 */
export function carriedNotes(
  now: Circumstances,
  alike: readonly NotedAlike[],
  most: number,
): CarriedNote[] {
  return alike
    .flatMap((one) =>
      (one.notes ?? []).map((note) => {
        const { group: alike_group, surely, cosine } = one;
        const said = { alike_group, surely, cosine, mark: markOf(note) };
        return { ...note, ...said, differs: differencesOf(now, one) };
      }),
    )
    .toSorted((a, b) => Number(a.mark !== null) - Number(b.mark !== null) || byNewest(a, b))
    .slice(0, most);
}

/**
 * The note to be told of a group, with what is other this time: its own newest valid one, else the newest valid one of a group that is
 * alike. Undefined where there is none: a note that somebody said is wrong or outdated is not told.
 */
export function noteToTell(
  now: Circumstances,
  { own, alike }: { own: Circumstances & { notes: readonly Note[] }; alike: readonly NotedAlike[] },
): ToldNote | undefined {
  const [newest] = own.notes.filter((note) => markOf(note) === null).toSorted(byNewest);
  if (newest) return { note: newest, perhaps: null, differs: differencesOf(now, own) };
  const [carried] = carriedNotes(now, alike, 1);
  if (!carried || carried.mark !== null) return undefined;
  const { alike_group: group, surely, cosine, mark: _, differs, ...note } = carried;
  return { note, perhaps: { group, surely, cosine }, differs };
}

function byNewest(a: Pick<Note, "at">, b: Pick<Note, "at">): number {
  return Date.parse(b.at) - Date.parse(a.at);
}

/** Names of hosts and versions differ where none is in both. */
function differencesOf(
  now: Circumstances,
  then: Circumstances & Partial<Pick<NotedAlike, "only_this" | "only_other">>,
): Difference[] {
  const names = (
    what: "host" | "version",
    these?: readonly string[],
    those?: readonly string[],
  ) => {
    const isKnown = these && those && these.length > 0 && those.length > 0;
    if (!isKnown || these.some((name) => those.includes(name))) return [];
    return [{ what, now: these.join(", "), before: those.join(", ") }];
  };
  const one = (what: "service" | "exception") =>
    now[what] === then[what] ? [] : [{ what, now: now[what], before: then[what] }];
  const { only_this: here = [], only_other: there = [] } = then;
  const words =
    here.length + there.length === 0
      ? []
      : [{ what: "words" as const, now: here.join(" "), before: there.join(" ") }];
  return [
    ...one("service"),
    ...one("exception"),
    ...words,
    ...names("host", now.hosts, then.hosts),
    ...names("version", now.versions, then.versions),
  ];
}
