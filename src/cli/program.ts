import { Command, CommanderError, Option } from "commander";
import { flagTexts, groupOf, SETTING_NAMES, settingFlag, SETTINGS } from "../config/settings.ts";
import { VERSION } from "../app/version.ts";
import type { Given } from "../app/service.ts";
import type { Context } from "./context.ts";
import { DEAD_LETTER_CODES } from "../stream/reading.ts";
import { ERROR_ALERT_KINDS } from "../domain/memory/error-alert.ts";
import { deadLetterCodes, time, wholeNumber } from "./arguments.ts";
import { errorJson, EXIT, EXIT_MEANINGS, type ExitCode } from "./exit-code.ts";
import { printJson, printLine } from "./print.ts";
import type { TestOptions } from "./alerts.ts";
import type { RunOptions } from "./run.ts";
import type { InitOptions } from "./init.ts";
import type { ReembedOptions } from "./reembed.ts";
import type { SweepCommandOptions } from "./sweep.ts";
import { addEpisodesCommand, addGroupCommands } from "./group-commands.ts";
import { addAskCommand, addExplainCommand, addSearchCommands } from "./search-commands.ts";
import { addModelCommands } from "./model-commands.ts";
import { addStatisticsCommand } from "./statistics-command.ts";
import { addNoteCommands } from "./note-commands.ts";
import { addQuarantineCommands } from "./quarantine-commands.ts";
import { explain, HelpRefused } from "./error-answer.ts";
import { commandToShow, usageProblem } from "./usage-problem.ts";

type Run = (context: Context) => Promise<ExitCode>;

/** Parses the arguments, runs the command, and turns errors into a message and an exit code. */
export async function main(process: NodeJS.Process, given: Given = {}): Promise<ExitCode> {
  const wantsJson = process.argv.includes("--json");
  let chosen: Run | undefined;
  const program = createProgram((run) => (chosen = run));
  try {
    await program.parseAsync(process.argv);
    return chosen ? await chosen({ ...contextOf(program, process), given }) : EXIT.ok;
  } catch (error) {
    return report(error, wantsJson, process);
  }
}

/** Every command with its options and settings; `choose` gets the one that the arguments name. */
export function createProgram(choose: (run: Run) => void): Command {
  const program = new Command("log-vectorizer")
    .description("Keeps every ERROR log in OpenSearch searchable by meaning.")
    .version(VERSION)
    .option("--env-file <path>", "read settings from this file instead of .env")
    .configureHelp({ showGlobalOptions: false })
    .exitOverride();
  program.configureOutput({ outputError: () => undefined });
  addSettings(program);
  addCommands(program, choose);
  for (const group of [program, ...program.commands]) {
    if (group.commands.length > 0) addHelp(group);
  }
  return program;
}

/** commander's own help command ignores unknown names. */
function addHelp(group: Command): void {
  group
    .helpCommand(false)
    .command("help")
    .description("show the help of a command")
    .argument("[command...]")
    .action((names: string[]) => {
      const shown = commandToShow(group, names);
      if (!("outputHelp" in shown)) throw new HelpRefused(shown);
      shown.outputHelp();
    });
}

/** Each command's module is loaded when it runs. */
function addCommands(program: Command, choose: (run: Run) => void): void {
  const json = () => new Option("--json", "print one JSON object on standard output");
  program
    .command("run", { isDefault: true })
    .description("run the daemon; with --once or --drain one run by hand (the default command)")
    .addOption(new Option("--once", "one cycle, then exit").conflicts("drain"))
    .option("--drain", "cycles back to back until nothing is pending, then exit")
    .addOption(json())
    .addOption(
      new Option(
        "--quiet",
        "with --once or --drain: print warnings, errors and then the summary, and nothing where all goes well; " +
          "no log file unless LOG_FILE is set",
      ).conflicts("json"),
    )
    .action((options: RunOptions, command: Command) => {
      for (const name of ["json", "quiet"] as const) {
        if (options[name] && !options.once && !options.drain) {
          command.error(`error: --${name} needs --once or --drain`);
        }
      }
      choose(async (context) => (await import("./run.ts")).run(options, context));
    });
  program
    .command("tail")
    .description("read fresh logs from Kafka and nothing else; as many of them as partitions")
    .action(() => {
      choose(async (context) => (await import("./consume.ts")).consume("tail", context));
    });
  program
    .command("worker")
    .description("work on the backlog that a scheduler publishes with BACKFILL_MODE=kafka")
    .action(() => {
      choose(async (context) => (await import("./consume.ts")).consume("worker", context));
    });
  program
    .command("reembed")
    .description("replace vectors of another model by new ones, newest records first")
    .option("--index <pattern>", "only in these indices or data streams, such as app-*,web-*")
    .option("--dry-run", "only count them and what they would cost; write and pay nothing")
    .addOption(json())
    .action((options: ReembedOptions) => {
      choose(async (context) => (await import("./reembed.ts")).reembed(options, context));
    });
  program
    .command("sweep")
    .description("find messages that changed beside their vectors, and make new vectors for them")
    .option(
      "--since <time>",
      "only logs from this time on: ISO 8601, or an age such as 12h or 7d",
      time,
    )
    .option("--dry-run", "only count them and what they would cost; write and pay nothing")
    .addOption(json())
    .action((options: SweepCommandOptions) => {
      choose(async (context) => (await import("./sweep.ts")).sweep(options, context));
    });
  addDeadLetterCommands(program, choose, json);
  addQuarantineCommands(program, choose, json);
  program
    .command("mcp")
    .description("answer an agent by the Model Context Protocol on standard input and output")
    .action(() => {
      choose(async (context) => (await import("./mcp.ts")).mcp(context));
    });
  addSearchCommands(program, choose, json);
  addExplainCommand(program, choose, json);
  addAskCommand(program, choose, json);
  addGroupCommands(program, choose, json);
  addEpisodesCommand(program, choose, json);
  addNoteCommands(program, choose, json);
  addStatisticsCommand(program, choose, json);
  addModelCommands(program, choose, json);
  program
    .command("check")
    .description("try everything a cycle needs, and write nothing")
    .addOption(json())
    .action((options: { json?: boolean }) => {
      choose(async (context) => (await import("./check.ts")).check(options, context));
    });
  program
    .command("init")
    .description("map the vector in existing indices and set up templates for future ones")
    .option("--apply", "also change index templates")
    .option(
      "--memory",
      "also make the indices that keep groups, episodes and notes; they are this service's own",
    )
    .addOption(new Option("--dry-run", "show everything, change nothing").conflicts("apply"))
    .addOption(
      new Option(
        "--adopt-stamps",
        "instead, sign the stored vectors that are unsigned, so that equal texts reuse them",
      ).conflicts("apply"),
    )
    .option("--yes", "with --adopt-stamps: sign them without asking")
    .addOption(json())
    .action((options: InitOptions & { adoptStamps?: boolean; yes?: boolean }) => {
      choose(async (context) =>
        options.adoptStamps
          ? (await import("./adopt-stamps.ts")).adopt(options, context)
          : (await import("./init.ts")).init(options, context),
      );
    });
  program
    .command("status")
    .description("show coverage and backlog per index")
    .addOption(json())
    .action((options: { json?: boolean }) => {
      choose(async (context) => (await import("./status.ts")).status(options, context));
    });
  program
    .command("config")
    .description("print the resolved settings with their origin")
    .addOption(json())
    .action((options: { json?: boolean }) => {
      choose(async (context) => (await import("./config.ts")).config(options, context));
    });
  program
    .command("alerts")
    .description("messages to people about issues")
    .command("test")
    .description(
      "send a test message by every channel of alerts that is set, and show the result of each",
    )
    .option("--service <name>", "show the route of an error of this service, and test its channels")
    .option("--level <name>", "the same of an error of this level")
    .addOption(
      new Option("--kind <kind>", "what is told of it").choices(ERROR_ALERT_KINDS).default("new"),
    )
    .addOption(json())
    .action((options: TestOptions) => {
      choose(async (context) => (await import("./alerts.ts")).testAlerts(options, context));
    });
  program
    .command("health")
    .description("say whether the processes of this STATE_DIR are alive (exit 0 or 1)")
    .addOption(json())
    .action((options: { json?: boolean }) => {
      choose(async (context) => (await import("./health.ts")).health(options, context));
    });
}

function addDeadLetterCommands(
  program: Command,
  choose: (run: Run) => void,
  json: () => Option,
): void {
  const dlq = program.command("dlq").description("list dead letters, and replay them");
  const filtered = (command: Command) =>
    command
      .addOption(
        new Option(
          "--reason <codes>",
          `only these, comma-separated: ${DEAD_LETTER_CODES.join(", ")}`,
        ).argParser(deadLetterCodes),
      )
      .option(
        "--since <time>",
        "only from this time on: ISO 8601, or an age such as 2h or 3d",
        time,
      )
      .option("--until <time>", "only up to this time", time)
      .addOption(json());
  type Filter = { reason?: string[]; since?: number; until?: number; json?: boolean };
  filtered(dlq.command("list").description("show the newest dead letters and count them by reason"))
    .option("--limit <number>", "how many are shown", wholeNumber, 50)
    .action(({ reason, ...options }: Filter & { limit: number }) => {
      const codes = reason === undefined ? {} : { codes: reason };
      choose(async (context) =>
        (await import("./dlq.ts")).dlqList({ ...options, ...codes }, context),
      );
    });
  filtered(dlq.command("replay").description("try the records of dead letters again"))
    .option("--dry-run", "only count them")
    .action(({ reason, ...options }: Filter & { dryRun?: boolean }) => {
      const codes = reason === undefined ? {} : { codes: reason };
      choose(async (context) =>
        (await import("./dlq.ts")).dlqReplay({ ...options, ...codes }, context),
      );
    });
}

/** Settings as grouped flags; secrets are named without a flag, which `ps` would show. */
function addSettings(program: Command): void {
  for (const name of SETTING_NAMES) {
    const flag = settingFlag(name);
    if (flag === undefined) continue;
    const { description, default: fallback, otherwise } = SETTINGS[name];
    const unset = fallback ?? otherwise;
    const about = `${name}: ${description}${unset === undefined ? "" : ` Default: ${unset}`}`;
    program.addOption(new Option(flag, about).helpGroup(`${groupOf(name).title}:`));
  }
  const secrets = SETTING_NAMES.filter((name) => SETTINGS[name].secret);
  program.addHelpText(
    "after",
    `
Examples:
  log-vectorizer check                 try everything, write nothing
  log-vectorizer --once                one cycle by hand (--json: its summary as one object; --quiet: from cron)
  log-vectorizer --drain               the whole backlog
  log-vectorizer                       the daemon
  log-vectorizer reembed --dry-run     what new vectors take after the embedder was changed
  log-vectorizer search "disk full"    the records nearest to a text

Each setting is also read from the environment and from .env, by the name in capitals; flags win over the
environment, the environment over .env. Secrets have no flag: ${secrets.join(", ")}.

Exit codes:
${Object.entries(EXIT_MEANINGS)
  .map(([code, meaning]) => `  ${code.padEnd(4)} ${meaning}`)
  .join("\n")}`,
  );
}

function contextOf(program: Command, process: NodeJS.Process): Context {
  const flags = flagTexts(program.opts());
  const envFile: unknown = program.getOptionValue("envFile");
  return { process, flags, ...(typeof envFile === "string" ? { envFile } : {}) };
}

function report(error: unknown, wantsJson: boolean, process: NodeJS.Process): ExitCode {
  if (error instanceof CommanderError && error.exitCode === 0) return EXIT.ok;
  const { code, kind, message, hint } = explain(error, (problem) =>
    usageProblem(
      createProgram(() => undefined),
      process.argv.slice(2),
      problem,
    ),
  );
  if (wantsJson) printJson(process.stdout, errorJson({ kind, message, hint }));
  printLine(process.stderr, hint ? `${message}\n${hint}` : message);
  return code;
}
