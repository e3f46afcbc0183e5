import type { Episode } from "../domain/memory/episode.ts";
import type { Group, GroupState } from "../domain/memory/group.ts";
import type { GroupRules } from "../domain/memory/group-rules.ts";
import type { MemoryFault } from "../domain/memory/memory-fault.ts";
import type { Note, Verdict } from "../domain/memory/note.ts";
import type { Page, PageQuery } from "../domain/memory/page.ts";

/** The mean of the vectors of a group's texts. */
export type GroupVector = { values: Float32Array; model: string; texts: number };

/** A group with its exact vector. */
export type NearGroup = { group: Group; values: Float32Array };

/** Which groups are near: of those with a vector by that model, and of no more than the 10,000 seen last. */
export type NearWanted = {
  model: string;
  /** Groups whose cosine is surely less than this may be left out. */
  leastCosine: number;
  /** So many of the same service and exception, and so many others. */
  limit: number;
  /** Asked of those that would be answered: false where the second is not to be answered for the first, which makes room for another. */
  isMeant(id: string, other: string): boolean;
};

/** A group as it was changed; `vector` only where it changes too. */
export type GroupChange = { group: Group; vector?: GroupVector };

type ChangedGroups = {
  /** As they are now, also those that were right already. */
  groups: Map<string, Group>;
  /** Others changed them again and again in the meantime; they are as they were. */
  conflicted: string[];
  failed: { id: string; fault: MemoryFault }[];
};

/** When pages contain what was written: reads by id see it at once. What a person did is shown at once. */
export type Visible = "now" | "soon";

export type GroupMemory = {
  /** Reads in real time. Ids that are unknown are not in the answer. */
  read(ids: readonly string[], signal: AbortSignal): Promise<Map<string, Group>>;
  /** Vectors of those of these groups that have one by that model. */
  vectors(
    ids: readonly string[],
    model: string,
    signal: AbortSignal,
  ): Promise<Map<string, GroupVector>>;
  /**
   * Of each of these groups that has a vector by that model: that, and the groups whose vectors point about where it does, about the
   * nearest first, with their exact vectors. One request reads what all of them are compared with, so that many cost little more
   * than one.
   */
  nearest(
    ids: readonly string[],
    wanted: NearWanted,
    signal: AbortSignal,
  ): Promise<Map<string, { own: NearGroup; near: NearGroup[] }>>;
  /**
   * Changes groups by what they are at that moment, so that nobody's change is lost: `change` is asked again where another process
   * was faster. It answers undefined, or what it was given, to leave a group as it is.
   */
  change(
    ids: readonly string[],
    change: (id: string, current: Group | undefined) => GroupChange | undefined,
    options: { visible: Visible },
    signal: AbortSignal,
  ): Promise<ChangedGroups>;
  /** Latest seen first. `state`, `service`: only such. */
  page(
    query: PageQuery & { state?: GroupState; service?: string },
    signal: AbortSignal,
  ): Promise<Page<Group>>;
  /** Of all groups that have any. */
  rules(signal: AbortSignal): Promise<GroupRules>;
  /**
   * Removes the groups that are quiet for longest, with their episodes, until `most` are left. One with a note, a rule or a state that a
   * person gave it stays. `over`: how many more than `most` are left.
   */
  removeQuiet(most: number, signal: AbortSignal): Promise<{ removed: number; over: number }>;
};

export type EpisodeMemory = {
  /** Reads in real time. */
  read(id: string, signal: AbortSignal): Promise<Episode | undefined>;
  /** As `GroupMemory.change`, of one. */
  change(
    id: string,
    change: (current: Episode | undefined) => Episode | undefined,
    signal: AbortSignal,
  ): Promise<Episode | undefined>;
  /** Latest begun first. */
  page(
    query: PageQuery & { groups?: readonly string[]; ended?: boolean },
    signal: AbortSignal,
  ): Promise<Page<Episode>>;
  /**
   * Whether this call is the one that may do what the key names; of all calls of all processes until `expiresAt`
   * (milliseconds since the epoch) exactly one wins.
   */
  claim(
    key: string,
    times: { now: number; expiresAt: number },
    signal: AbortSignal,
  ): Promise<"won" | "lost">;
  /** Removes claims that had expired by `now` (milliseconds since the epoch); returns how many. */
  removeExpiredClaims(now: number, signal: AbortSignal): Promise<number>;
};

export type NoteMemory = {
  /** Found by every read from then on. */
  add(note: Omit<Note, "verdicts">, signal: AbortSignal): Promise<void>;
  addVerdict(of: Pick<Note, "id" | "group">, verdict: Verdict, signal: AbortSignal): Promise<void>;
  read(id: string, signal: AbortSignal): Promise<Note | undefined>;
  /** Newest first. `groups`: only of these. */
  page(query: PageQuery & { groups?: readonly string[] }, signal: AbortSignal): Promise<Page<Note>>;
};

/** How one of the own indices is. `outdated`: made by an earlier release; `init` adds what is missing. */
export type OwnIndexState =
  | { index: string; state: "absent" }
  | { index: string; state: "usable"; documents: number; outdated: boolean }
  | { index: string; state: "unusable"; fault: MemoryFault };

/**
 * What is remembered of errors, apart from the logs. Where its indices are is `init`'s matter: nothing here creates one. Every
 * method throws a MemoryFault and no other Fault.
 */
export type ErrorMemory = {
  readonly name: string;
  /** Throws nothing. */
  states(signal: AbortSignal): Promise<OwnIndexState[]>;
  groups: GroupMemory;
  episodes: EpisodeMemory;
  notes: NoteMemory;
};
