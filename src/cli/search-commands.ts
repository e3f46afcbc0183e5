import { Option, type Command } from "commander";
import type { Subject } from "../analysis/explanation/gather-evidence.ts";
import { isGroupId } from "../domain/group.ts";
import { placeIn } from "../domain/reference.ts";
import { hitLimit, similarity, time } from "./arguments.ts";
import { SEARCH_MODES, type SearchMode } from "../search/query-words.ts";
import type { Context } from "./context.ts";
import type { ExitCode } from "./exit-code.ts";
import type { ExplainOptions } from "./explain.ts";
import type { SearchOptions } from "./search.ts";

export function addSearchCommands(
  program: Command,
  choose: (run: (context: Context) => Promise<ExitCode>) => void,
  json: () => Option,
): void {
  const filtered = (name: string, description: string) =>
    program
      .command(name)
      .description(description)
      .option(
        "--since <time>",
        "only from this time on: ISO 8601, or an age such as 2h or 3d",
        time,
      )
      .option("--until <time>", "only up to this time", time)
      .option("--service <name>", "only of this service, in any case")
      .option("--level <level>", "only of this level, in any case")
      .option("--index <pattern>", "only in these indices or data streams, such as app-*,web-*")
      .option(
        "--min-score <similarity>",
        "only hits of at least this similarity, from 0 to 1",
        similarity,
      )
      .option("--limit <number>", "how many are shown at most", hitLimit, 10)
      .addOption(json());
  const orderOf = ({ since, until }: SearchOptions, command: Command) => {
    if (since !== undefined && until !== undefined && since > until) {
      command.error("error: --since is later than --until");
    }
  };
  filtered("search", "find the records that a text means or names")
    .argument(
      "<text...>",
      "an error, or words about one; a part in double quotes must be in the text",
    )
    .addOption(
      new Option("--mode <mode>", "by words (names, codes, ids), by meaning, or by both")
        .choices(SEARCH_MODES)
        .default("both" satisfies SearchMode),
    )
    .action(
      (
        words: string[],
        { mode, ...options }: SearchOptions & { mode: SearchMode },
        command: Command,
      ) => {
        orderOf(options, command);
        const query = { text: words.join(" "), mode };
        choose(async (context) =>
          (await import("./search.ts")).searchText(query, options, context),
        );
      },
    );
  filtered("similar", "find the records most similar to a record")
    .argument("<index>", "its index, alias or data stream")
    .argument("<id>", "its id")
    .option(
      "--shard-key <value>",
      "its shard key (OpenSearch's routing), where it was indexed with one",
    )
    .addOption(new Option("--routing <value>", "the former name of --shard-key").hideHelp())
    .action(
      (
        index: string,
        id: string,
        { shardKey, routing, ...options }: SearchOptions & { shardKey?: string; routing?: string },
        command: Command,
      ) => {
        orderOf(options, command);
        const of = placeIn({ index, id, shard_key: shardKey, routing });
        choose(async (context) => (await import("./search.ts")).similarTo(of, options, context));
      },
    );
}

/** What `explain` is asked about: INDEX ID, GROUP or `--text`. */
type Asked = { text?: string; shardKey?: string } & ExplainOptions;

export function addExplainCommand(
  program: Command,
  choose: (run: (context: Context) => Promise<ExitCode>) => void,
  json: () => Option,
): void {
  program
    .command("explain")
    .description(
      "say what is known of an error, and with LLM_MODEL why it may have happened: each sentence checked against evidence",
    )
    .argument(
      "[index or group]",
      "a record's index, alias or data stream; or, alone, an error's id",
    )
    .argument("[id]", "the record's id")
    .option("--text <text>", "explain this text instead; - reads it from standard input")
    .option(
      "--shard-key <value>",
      "the record's shard key (OpenSearch's routing), where it was indexed with one",
    )
    .addOption(
      new Option("--format <format>", "text, or a report as Markdown")
        .choices(["text", "report"])
        .default("text"),
    )
    .addOption(json().conflicts("format"))
    .action((first: string | undefined, id: string | undefined, asked: Asked, command: Command) => {
      const { text, shardKey, ...options } = asked;
      const subject = subjectIn({ first, id, text, shardKey });
      if (typeof subject === "string") command.error(`error: ${subject}`);
      choose(async (context) =>
        (await import("./explain.ts")).explainError(subject, options, context),
      );
    });
}

export function addAskCommand(
  program: Command,
  choose: (run: (context: Context) => Promise<ExitCode>) => void,
  json: () => Option,
): void {
  program
    .command("ask")
    .description(
      "answer a question about errors from the logs, the counts and the notes; with LLM_MODEL in checked sentences",
    )
    .argument("<question...>", "such as: why did payments fail last night")
    .addOption(json())
    .action((words: string[], options: { json?: boolean }) => {
      const subject = { question: words.join(" ") };
      choose(async (context) =>
        (await import("./explain.ts")).explainError(
          subject,
          { ...options, format: "text" },
          context,
        ),
      );
    });
}

/** What is asked about, or why that is nothing. */
function subjectIn({
  first,
  id,
  text,
  shardKey,
}: Record<"first" | "id" | "text" | "shardKey", string | undefined>): Subject | string {
  if (text !== undefined) {
    return first === undefined ? { text } : "--text is explained by itself, without index and id";
  }
  if (first === undefined) return "name a record (INDEX ID), an error's id, or --text";
  if (id !== undefined) return { of: placeIn({ index: first, id, shard_key: shardKey }) };
  const group = first.toLowerCase();
  return isGroupId(group)
    ? { group }
    : `"${first}" is not an error's id (16 hex digits); a record takes INDEX and ID`;
}
