import type { Command, Option } from "commander";
import { VERDICTS } from "../domain/memory/note.ts";
import { wholeNumber } from "./arguments.ts";
import type { Context } from "./context.ts";
import type { ExitCode } from "./exit-code.ts";
import type { NoteOptions } from "./note.ts";

export function addNoteCommands(
  program: Command,
  choose: (run: (context: Context) => Promise<ExitCode>) => void,
  json: () => Option,
): void {
  const note = program
    .command("note")
    .description("write and read what people know about groups of errors");
  const author = (command: Command) =>
    command
      .option("--author <name>", "who says so, where it is not the user who runs the command")
      .addOption(json());
  author(
    note
      .command("add")
      .description("write a note about a group: what the cause was, and what mended it")
      .argument("<group>", "its id, as groups list shows it")
      .option("--cause <text>", "what it was")
      .option("--fix <text>", "what mended it")
      .option("--link <url>", "where more is written, such as a ticket")
      .option("--episode <id>", "the episode that it was about"),
  ).action((group: string, options: NoteOptions) => {
    choose(async (context) => (await import("./note.ts")).noteAdd(group, options, context));
  });
  note
    .command("list")
    .description("show notes, newest first, with what others said of them")
    .argument(
      "[group]",
      "only those of this group, of the groups merged with it, and of alike ones",
    )
    .option("--limit <number>", "how many are shown", wholeNumber, 50)
    .option("--from <page>", "the next page, as the page before names it")
    .addOption(json())
    .action(
      (group: string | undefined, options: { limit: number; from?: string; json?: boolean }) => {
        const query = { ...options, ...(group === undefined ? {} : { group }) };
        choose(async (context) => (await import("./note.ts")).noteList(query, context));
      },
    );
  for (const verdict of VERDICTS) {
    const name = verdict === "confirmed" ? "confirm" : verdict;
    author(
      note
        .command(name)
        .description(`say of a note that it is ${verdict}; the note stays`)
        .argument("<note>", "its id, as note list shows it"),
    ).action((id: string, options: { author?: string; json?: boolean }) => {
      choose(async (context) =>
        (await import("./note.ts")).noteJudge(id, { ...options, verdict }, context),
      );
    });
  }
}
