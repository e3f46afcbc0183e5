import { hasNewName, type Episode } from "../domain/memory/episode.ts";
import { markOf, type Note } from "../domain/memory/note.ts";
import type { AlikeRow, CarriedNote, Difference } from "./group-answers.ts";

/** A group as it is now, or was when a note about it was written. Hosts and versions: absent where they are not known. */
export type Circumstances = Pick<AlikeRow, "service" | "exception"> & {
  hosts?: readonly string[] | undefined;
  versions?: readonly string[] | undefined;
};

/** A group that is alike, with its notes (null where they cannot be read) and its kept episodes, latest first. */
export type NotedAlike = Pick<
  AlikeRow,
  "group" | "service" | "exception" | "surely" | "cosine" | "only_this" | "only_other"
> & {
  notes: readonly Note[] | null;
  episodes: readonly Pick<Episode, "episode" | "from" | "hosts" | "versions">[];
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
        const then = { ...one, ...placesOf(note, one) };
        return { ...note, ...said, differs: differencesOf(now, then) };
      }),
    )
    .toSorted((a, b) => Number(a.mark !== null) - Number(b.mark !== null) || byNewest(a, b))
    .slice(0, most);
}

function byNewest(a: Pick<Note, "at">, b: Pick<Note, "at">): number {
  return Date.parse(b.at) - Date.parse(a.at);
}

/** Hosts and versions of the episode that a note is about, else of the latest that had begun when it was written. */
function placesOf(
  { episode: id, at }: Note,
  { episodes }: Pick<NotedAlike, "episodes">,
): Pick<Circumstances, "hosts" | "versions"> {
  const about =
    episodes.find(({ episode }) => episode === id) ??
    episodes.find(({ from }) => Date.parse(from) <= Date.parse(at));
  return { hosts: about?.hosts, versions: about?.versions };
}

/** Hosts and versions differ where one is there now that was not there then. */
function differencesOf(
  now: Circumstances,
  then: Circumstances & Pick<NotedAlike, "only_this" | "only_other">,
): Difference[] {
  const names = (
    what: "host" | "version",
    these: readonly string[] = [],
    those: readonly string[] = [],
  ) =>
    hasNewName(these, those) ? [{ what, now: these.join(", "), before: those.join(", ") }] : [];
  const one = (what: "service" | "exception") =>
    now[what] === then[what] ? [] : [{ what, now: now[what], before: then[what] }];
  const { only_this: here, only_other: there } = then;
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
