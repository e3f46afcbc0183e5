import { Option, type Command } from "commander";
import { SHOWN_STATES } from "../analysis/group-answers.ts";
import { GROUP_ORDERS } from "../analysis/list-groups.ts";
import { endTime, groupId, hitLimit, time } from "./arguments.ts";
import type { Context } from "./context.ts";
import type { ExitCode } from "./exit-code.ts";
import type { EpisodesOptions } from "./episodes.ts";
import type { DecisionOptions, GroupsOptions } from "./groups.ts";
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
    .addOption(new Option("--state <state>", "only of this state").choices(SHOWN_STATES))
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
    .description(
      "show one error: what it says, since when, how often each day, on which hosts and versions, what is alike, and what people wrote of it",
    )
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
  addDecisions(groups, choose, json);
}

const STATES = [
  ["known", "known", "say of an error that it is known: it is listed as such"],
  ["resolve", "resolved", "say of an error that it is resolved; seen again, it is listed as back"],
  ["open", "open", "take back what was said of an error: it is open"],
] as const;

/** What people decide about errors; kept in indices of its own. */
function addDecisions(
  groups: Command,
  choose: (run: (context: Context) => Promise<ExitCode>) => void,
  json: () => Option,
): void {
  const add = (name: string, description: string) =>
    groups
      .command(name)
      .description(description)
      .argument("<group>", "its id, as groups list shows it", groupId);
  const by = (command: Command) =>
    command
      .option("--by <name>", "who says so, where it is not the user who runs the command")
      .addOption(json());
  by(
    add("merge", "count an error as part of another one, for good").argument(
      "<into>",
      "the id of the other one",
      groupId,
    ),
  ).action((group: string, into: string, options: DecisionOptions) => {
    choose(async (context) =>
      (await import("./groups.ts")).groupsMerge(group, into, options, context),
    );
  });
  by(
    add("split", "take an error out of the one that it was merged into, for good").option(
      "--from <group>",
      "of one that is not merged: never take it for alike with this one again",
      groupId,
    ),
  ).action((group: string, options: DecisionOptions & { from?: string }) => {
    choose(async (context) => (await import("./groups.ts")).groupsSplit(group, options, context));
  });
  by(
    add("mute", "say of an error that nobody wants to hear of it").option(
      "--until <time>",
      "it is open again from then on: ISO 8601, or a time from now on such as 2h or 3d",
      endTime,
    ),
  ).action((group: string, options: DecisionOptions & { until?: number }) => {
    choose(async (context) =>
      (await import("./groups.ts")).groupsState(group, { ...options, state: "muted" }, context),
    );
  });
  for (const [name, state, description] of STATES) {
    by(add(name, description)).action((group: string, options: DecisionOptions) => {
      choose(async (context) =>
        (await import("./groups.ts")).groupsState(group, { ...options, state }, context),
      );
    });
  }
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
