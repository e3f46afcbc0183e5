import { randomUUID } from "node:crypto";
import { z } from "zod";
import { GROUP_ID } from "../domain/group.ts";
import { isoTime } from "../domain/iso-time.ts";
import { mergedWith } from "../domain/memory/group-rules.ts";
import {
  NOTE_LIMITS,
  noteProblem,
  noteShape,
  textProblem,
  type Note,
  type Verdict,
} from "../domain/memory/note.ts";
import { readPageMark } from "../domain/memory/page.ts";
import type { Clock } from "../ports/clock.ts";
import type { ErrorMemory } from "../ports/error-memory.ts";
import { knownGroup, quoted, unknownGroup } from "./known-group.ts";
import { MemoryRefused } from "./memory-refused.ts";

export const noteListShape = z.object({
  notes: z.array(noteShape).describe("Newest first."),
  unreadable: z.int().describe("Notes left out because their documents are not of this form."),
  next: z.string().nullable().describe("For --from, or ?from: where the next page begins."),
});
type NoteList = z.infer<typeof noteListShape>;

export type NewNote = Pick<Note, "group" | "author"> & {
  episode?: string | undefined;
  cause?: string | undefined;
  fix?: string | undefined;
  link?: string | undefined;
};

/** Writes and reads notes. Every method throws a MemoryRefused too, and a MemoryFault. */
export type Notes = {
  add(note: NewNote, signal: AbortSignal): Promise<Note>;
  /** `group`: only of this and the groups merged with it; of one that nobody saw there are none. */
  list(
    query: { group?: string | undefined; limit: number; from?: string | undefined },
    signal: AbortSignal,
  ): Promise<NoteList>;
  /** Returns the note with all that was said of it. */
  judge(id: string, verdict: Omit<Verdict, "at">, signal: AbortSignal): Promise<Note>;
};

type Deps = {
  memory: () => Promise<ErrorMemory>;
  clock: Pick<Clock, "now">;
  /** Takes a group that records have into the memory, where that has not seen it yet. Throws a Fault. */
  remember(group: string, signal: AbortSignal): Promise<void>;
};

export function createNotes({ memory: open, clock, remember }: Deps): Notes {
  return {
    async add({ group, author, episode, cause, fix, link }, signal) {
      const note = {
        group,
        episode: episode ?? null,
        cause: cause ?? null,
        fix: fix ?? null,
        link: link ?? null,
        author,
        at: isoTime(clock.now()),
      };
      const problem = noteProblem(note);
      if (problem !== undefined) throw new MemoryRefused("invalid", problem);
      const memory = await open();
      await remember(group, signal);
      await knownGroup(memory, group, signal);
      if (episode !== undefined) await episodeOf(memory, group, episode, signal);
      const added = { id: randomUUID(), ...note };
      await memory.notes.add(added, signal);
      return { ...added, verdicts: [] };
    },
    async list({ group, limit, from }, signal) {
      if (from !== undefined && !readPageMark(from)) {
        const hint = "Take the value of next from the page before, or leave it out.";
        throw new MemoryRefused("invalid", `No page of notes begins at ${quoted(from)}.`, hint);
      }
      const memory = await open();
      const groups = group === undefined ? undefined : await asOne(memory, group, signal);
      const page = await memory.notes.page(
        {
          limit,
          ...(from === undefined ? {} : { from }),
          ...(groups === undefined ? {} : { groups }),
        },
        signal,
      );
      return { notes: page.items, unreadable: page.unreadable, next: page.next ?? null };
    },
    async judge(id, { verdict, by }, signal) {
      const problem = textProblem("author", by, NOTE_LIMITS.author);
      if (problem !== undefined) throw new MemoryRefused("invalid", problem);
      const { notes } = await open();
      const note = await notes.read(id, signal);
      if (!note) {
        const hint = "log-vectorizer note list shows the notes with their ids.";
        throw new MemoryRefused("unknown_note", `There is no note ${quoted(id)}.`, hint);
      }
      const said = { verdict, by, at: isoTime(clock.now()) };
      await notes.addVerdict(note, said, signal);
      return { ...note, verdicts: [said, ...note.verdicts] };
    },
  };
}

/** The groups that count as one with a group, which the memory may not know yet. */
async function asOne(memory: ErrorMemory, group: string, signal: AbortSignal): Promise<string[]> {
  if (!GROUP_ID.test(group)) throw unknownGroup(group);
  return mergedWith(group, await memory.groups.rules(signal));
}

async function episodeOf(
  memory: ErrorMemory,
  group: string,
  id: string,
  signal: AbortSignal,
): Promise<void> {
  const [episode, groups] = await Promise.all([
    memory.episodes.read(id, signal),
    asOne(memory, group, signal),
  ]);
  if (episode && groups.includes(episode.group)) return;
  const whose = episode ? `is one of group ${episode.group}` : "is unknown";
  const hint = `log-vectorizer episodes ${group} shows those of the group.`;
  throw new MemoryRefused("unknown_episode", `Episode ${quoted(id)} ${whose}.`, hint);
}
