import type { Command, Option } from "commander";
import { createProgram } from "../../src/cli/program.ts";
import { markdownTable, plain, type GeneratedBlock } from "./block.ts";

const program = createProgram(() => undefined);

/** All commands in the order of `--help`, then the options of each; the settings have a page of their own. */
export const COMMANDS_BLOCK: GeneratedBlock = {
  file: "docs/reference/commands.md",
  name: "commands",
  markdown: [
    markdownTable(
      ["command", "what it does"],
      leaves(program).map((command) => [`\`${lineOf(command)}\``, plain(command.description())]),
    ),
    "",
    "## Options",
    ...leaves(program)
      .filter(({ options }) => options.length > 0)
      .map(optionsOf),
  ].join("\n"),
};

/** The commands that do something themselves, without commander's own help. */
function leaves(command: Command): Command[] {
  return command.commands
    .filter((each) => each.name() !== "help")
    .flatMap((each) => (each.commands.length === 0 ? [each] : leaves(each)));
}

function nameOf(command: Command): string {
  const { parent } = command;
  return parent ? `${nameOf(parent)} ${command.name()}` : command.name();
}

function lineOf(command: Command): string {
  const given = command.registeredArguments.map((argument) => argument.name().toUpperCase());
  return [nameOf(command), ...given].join(" ");
}

function optionsOf(command: Command): string {
  const rows = command.options.map((option) => [`\`${option.flags}\``, plain(meaningOf(option))]);
  return ["", `### \`${lineOf(command)}\``, "", markdownTable(["option", "meaning"], rows)].join(
    "\n",
  );
}

function meaningOf({ description, defaultValue }: Option): string {
  const fallback: unknown = defaultValue;
  return typeof fallback === "number" ? `${description} (default ${fallback})` : description;
}
