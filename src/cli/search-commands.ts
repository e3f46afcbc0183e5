import { Option, type Command } from "commander";
import { placeIn } from "../domain/reference.ts";
import { hitLimit, similarity, time } from "./arguments.ts";
import { SEARCH_MODES, type SearchMode } from "../search/query-words.ts";
import type { Context } from "./context.ts";
import type { ExitCode } from "./exit-code.ts";
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
