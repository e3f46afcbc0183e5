import { Option, type Command } from "commander";
import { GROUP_ORDERS } from "../analysis/list-groups.ts";
import { groupId, hitLimit, time } from "./arguments.ts";
import type { Context } from "./context.ts";
import type { ExitCode } from "./exit-code.ts";
import type { EpisodesOptions } from "./episodes.ts";
import type { GroupsOptions } from "./groups.ts";
import type { RewriteOptions } from "./rewrite-command.ts";

export function addGroupCommands(
  program: Command,
  choose: (run: (context: Context) => Promise<ExitCode>) => void,
  json: () => Option,
): void {
  const groups = program
    .command("groups")
    .description("errors: records of equal template, service and exception");
  groups
    .command("list")
    .description("show the errors that there are, each once, with its counts and an example")
    .option(
      "--since <time>",
      "only records from this time on: ISO 8601, or an age such as 2h or 3d",
      time,
    )
    .option("--until <time>", "only records up to this time", time)
    .option("--service <name>", "only of this service, in any case")
    .option("--level <level>", "only of this level, in any case")
    .option("--index <pattern>", "only in these indices or data streams, such as app-*,web-*")
    .addOption(
      new Option("--order <by>", "latest seen, latest first seen, or most records first")
        .choices(GROUP_ORDERS)
        .default("last"),
    )
    .option("--limit <number>", "how many are shown at most", hitLimit, 20)
    .addOption(json())
    .action((options: GroupsOptions, command: Command) => {
      const { since, until } = options;
      if (since !== undefined && until !== undefined && since > until) {
        command.error("error: --since is later than --until");
      }
      choose(async (context) => (await import("./groups.ts")).groupsList(options, context));
    });
  groups
    .command("show")
    .description("show one error: what it says, where, since when, and how often each day")
    .argument("<group>", "its id, as groups list shows it", groupId)
    .addOption(json())
    .action((group: string, options: { json?: boolean }) => {
      choose(async (context) => (await import("./groups.ts")).groupsShow(group, options, context));
    });
  groups
    .command("assign")
    .description("write the group into the stamps of records that were enriched before")
    .option("--dry-run", "only count them and say what it takes")
    .option("--yes", "assign them without asking")
    .addOption(json())
    .action((options: RewriteOptions) => {
      choose(async (context) => (await import("./assign-groups.ts")).assign(options, context));
    });
}

export function addEpisodesCommand(
  program: Command,
  choose: (run: (context: Context) => Promise<ExitCode>) => void,
  json: () => Option,
): void {
  program
    .command("episodes")
    .description("show when errors ran: each run between two silences, latest first")
    .argument("[group]", "only of this error, and what rose with its latest run", groupId)
    .option(
      "--since <time>",
      "only those seen from this time on: ISO 8601, or an age such as 2h or 3d (default: 30d)",
      time,
    )
    .option("--limit <number>", "how many are shown at most", hitLimit, 20)
    .addOption(json())
    .action((group: string | undefined, options: EpisodesOptions) => {
      const query = { ...options, ...(group === undefined ? {} : { group }) };
      choose(async (context) => (await import("./episodes.ts")).episodes(query, context));
    });
}
