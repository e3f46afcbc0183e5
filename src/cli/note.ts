import { userInfo } from "node:os";
import { count } from "../domain/count.ts";
import type { Note, Verdict } from "../domain/memory/note.ts";
import type { CarriedNote } from "../analysis/group-answers.ts";
import type { Groups } from "../analysis/groups.ts";
import { listNotes, type NotesAnswer } from "../analysis/list-notes.ts";
import { createNotes, type NewNote, type Notes } from "../memory/notes.ts";
import { openCommand, type Context } from "./context.ts";
import { EXIT, type ExitCode } from "./exit-code.ts";
import { printJson, printLine, type Writable } from "./print.ts";

type Json = { json?: boolean };
export type NoteOptions = Omit<NewNote, "group" | "author"> & Json & { author?: string };

/** Writes a note about a group. */
export async function noteAdd(
  group: string,
  { json = false, author = osUser(), ...texts }: NoteOptions,
  context: Context,
): Promise<ExitCode> {
  return withNotes(context, async (notes, signal) => {
    const note = await notes.add({ group, author, ...texts }, signal);
    const { stdout } = context.process;
    if (json) printJson(stdout, note);
    else printLine(stdout, `Note ${note.id} of group ${group} is kept.`);
    return EXIT.ok;
  });
}

/** Prints the notes of a group and of those that are alike, or all notes. */
export async function noteList(
  { json, ...query }: Json & { group?: string; limit: number; from?: string },
  context: Context,
): Promise<ExitCode> {
  return withNotes(context, async (notes, signal, groups) => {
    const list = await listNotes({ notes, groups: await groups() }, query, signal);
    const { stdout } = context.process;
    if (json) printJson(stdout, list);
    else printNotes(stdout, list);
    return list.unreadable === 0 && list.carried ? EXIT.ok : EXIT.incomplete;
  });
}

/** Says of a note that it is confirmed, wrong or outdated. */
export async function noteJudge(
  note: string,
  { verdict, author = osUser(), json }: Pick<Verdict, "verdict"> & Json & { author?: string },
  context: Context,
): Promise<ExitCode> {
  return withNotes(context, async (notes, signal) => {
    const judged = await notes.judge(note, { verdict, by: author }, signal);
    const { stdout } = context.process;
    if (json) printJson(stdout, judged);
    else printLine(stdout, `Note ${judged.id} is marked as ${verdict} by ${author}.`);
    return EXIT.ok;
  });
}

async function withNotes(
  context: Context,
  work: (notes: Notes, signal: AbortSignal, groups: () => Promise<Groups>) => Promise<ExitCode>,
): Promise<ExitCode> {
  await using command = await openCommand(context, { needsEmbedder: false, answerOnStdout: true });
  const { errorMemory: memory, errorGroups, clock } = command.service;
  const notes = createNotes({
    memory,
    clock,
    remember: async (group, signal) => (await errorGroups()).remember(group, signal),
  });
  return await work(notes, new AbortController().signal, errorGroups);
}

/** Who runs the command. A container's user may have no name. */
export function osUser(): string {
  try {
    return userInfo().username;
  } catch {
    return String(process.getuid?.() ?? "unknown");
  }
}

export function printNotes(
  stream: Writable,
  { notes, carried, unreadable, next }: NotesAnswer,
): void {
  for (const note of notes) printLine(stream, `${noteText(note)}\n`);
  if (notes.length === 0) printLine(stream, "No notes.");
  for (const note of carried ?? []) printLine(stream, `\n${carriedText(note)}`);
  if (!carried) printLine(stream, "Notes of alike groups cannot be read.");
  if (next !== null) printLine(stream, `There are more: --from ${next}`);
  if (unreadable > 0) {
    printLine(
      stream,
      `${count(unreadable, "note")} cannot be read and ${unreadable === 1 ? "is" : "are"} not shown.`,
    );
  }
}

/** Lines of a note of an alike group, with what is other this time. */
export function carriedText({ alike_group: group, mark, differs, ...note }: CarriedNote): string {
  const said = mark === null ? "" : `, which somebody said is ${mark}`;
  const other = differs.map(
    ({ what, now, before }) => `${what} ${now || "none"} (before: ${before || "none"})`,
  );
  return [
    `Perhaps: a note of the alike group ${group}${said}`,
    ...(other.length > 0 ? [`  other this time: ${other.join("; ")}`] : []),
    noteText(note),
  ].join("\n");
}

/** Lines of a note, with what others said of it. */
export function noteText({
  id,
  group,
  episode,
  cause,
  fix,
  link,
  author,
  at,
  verdicts,
}: Note): string {
  const lines = [
    `${at}  ${author}  group ${group}${episode === null ? "" : `, episode ${episode}`}`,
    ...verdicts.map(({ verdict, by, at: when }) => `  ${verdict} by ${by}, ${when}`),
    ...(cause === null ? [] : [`  cause: ${indented(cause)}`]),
    ...(fix === null ? [] : [`  fix:   ${indented(fix)}`]),
    ...(link === null ? [] : [`  link:  ${link}`]),
    `  note ${id}`,
  ];
  return lines.join("\n");
}

/** Lines of a text stay below its own beginning. */
function indented(text: string): string {
  return text.replaceAll(/\r?\n/g, "\n         ");
}
