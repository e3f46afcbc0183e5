import type { Command, Option } from "commander";
import { wholeNumber } from "./arguments.ts";
import type { Context } from "./context.ts";
import type { ExitCode } from "./exit-code.ts";
import type { QuarantineOptions } from "./quarantine.ts";

export function addQuarantineCommands(
  program: Command,
  choose: (run: (context: Context) => Promise<ExitCode>) => void,
  json: () => Option,
): void {
  const quarantine = program
    .command("quarantine")
    .description("list, retry or drop records in quarantine");
  const filtered = (name: string, description: string) =>
    quarantine
      .command(name)
      .description(description)
      .option("--index <pattern>", "only in these indices or data streams, such as app-*")
      .option("--id <id>", "only documents of this id")
      .option(
        "--error <text>",
        "only with this text in their error, or of this kind of error, in any case",
      )
      .addOption(json());
  const never = "only those that are never tried again";
  filtered("list", "show the newest records in quarantine and count them by error")
    .option("--never", never)
    .option("--limit <number>", "how many are shown", wholeNumber, 50)
    .action((options: QuarantineOptions & { limit: number }) => {
      choose(async (context) => (await import("./quarantine.ts")).quarantineList(options, context));
    });
  const changing = (action: "retry" | "drop", command: Command) =>
    command
      .option("--all", "all of them")
      .option("--dry-run", "only count them")
      .action(({ all, ...options }: QuarantineOptions & { all?: boolean; dryRun?: boolean }) => {
        const { index, id, error, never: forGood } = options;
        const isFiltered = [index, id, error, forGood].some((one) => one !== undefined);
        if (isFiltered === (all === true)) {
          command.error(`error: quarantine ${action} needs either a filter or --all`);
        }
        choose(async (context) =>
          (await import("./quarantine.ts")).quarantineChange(action, options, context),
        );
      });
  changing(
    "retry",
    filtered(
      "retry",
      "make records in quarantine pending again at once, without counting earlier tries",
    ).option("--never", never),
  );
  changing("drop", filtered("drop", "never try records in quarantine again"));
}
