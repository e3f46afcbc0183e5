import type { Command, CommanderError } from "commander";
import { nearestOf } from "../config/sources.ts";
import { isSettingName, SETTINGS } from "../config/settings.ts";

export type UsageProblem = { message: string; hint: string };

const PROGRAM = "log-vectorizer";
const DEFAULT = "run";

/** A misplaced word or option; commander's other messages are shown unchanged. */
const MISPLACED = ["unknownCommand", "unknownOption", "excessArguments"];

/** The problem of a command line that commander refused; the program must not have parsed one before. */
export function usageProblem(
  program: Command,
  args: readonly string[],
  { code, message }: CommanderError,
): UsageProblem {
  if (MISPLACED.some((one) => code === `commander.${one}`)) {
    return misplaced(program, follow(program, [], args));
  }
  const text = message === "(outputHelp)" ? "error: a command is missing" : message;
  return { message: text, hint: seeHelp(program) };
}

/** The command that `help` should show, or the problem with its name. */
export function commandToShow(group: Command, names: readonly string[]): Command | UsageProblem {
  const [name, ...rest] = names;
  if (name === undefined) return group;
  const command = find(group, name);
  return command ? commandToShow(command, rest) : unknownCommand(group, name);
}

type Followed = {
  command: Command;
  /** The default command was chosen. */
  isDefault: boolean;
  operands: readonly string[];
  /** From the first unknown option on. */
  rest: readonly string[];
};

/** Which command commander reaches, and what it cannot place there. */
function follow(command: Command, before: readonly string[], args: readonly string[]): Followed {
  const { operands: found, unknown } = command.parseOptions([...args]);
  const operands = [...before, ...found];
  const next = find(command, operands[0]);
  if (next) return follow(next, operands.slice(1), unknown);
  const fallback = command.parent || operands.length > 0 ? undefined : find(command, DEFAULT);
  if (fallback) return { ...follow(fallback, [], unknown), isDefault: true };
  return { command, isDefault: false, operands, rest: unknown };
}

function misplaced(program: Command, followed: Followed): UsageProblem {
  const { command, isDefault, operands, rest } = followed;
  const [word] = operands;
  const [option] = rest;
  if (word !== undefined && command.commands.length > 0) return unknownCommand(command, word);
  if (option !== undefined) return unknownOption(program, followed, option.split("=")[0] ?? option);
  if (word !== undefined && isDefault && !find(program, word)) return unknownCommand(program, word);
  return excessArguments(program, command, operands);
}

function unknownCommand(group: Command, word: string): UsageProblem {
  const names = group.commands.map((one) => one.name());
  const run = group.parent ? undefined : find(group, DEFAULT);
  const nearest = nearestOf(word, names) ?? (run && nearestOf(`--${word}`, optionsOf(run)));
  const isOption = nearest?.startsWith("-") === true;
  const meant = nearest === undefined || isOption ? nearest : inFull(group, nearest);
  const listed = names.map((name) =>
    inFull(group, name === DEFAULT ? `${name} (the default)` : name),
  );
  return {
    message: `error: unknown command "${inFull(group, word)}".${didYouMean(meant)}`,
    hint: `Commands: ${listed.join(", ")}.\n${seeHelp(group)}`,
  };
}

function unknownOption(program: Command, followed: Followed, option: string): UsageProblem {
  const { command, isDefault, rest } = followed;
  const own = [...optionsOf(command), ...optionsOf(program)];
  const name = option.slice(2).toUpperCase().replaceAll("-", "_");
  const others = leavesOf(program).filter((one) => optionsOf(one).includes(option));
  const where = others.map(pathOf).join(", ");
  const isSecret = isSettingName(name) && SETTINGS[name].secret === true;
  const more = isSecret
    ? ` ${name} is a secret and has no flag: set it in the environment or in .env.`
    : where === ""
      ? didYouMean(nearestOf(option, own))
      : ` It is one of ${where}.`;
  const isBefore =
    isDefault && rest.some((word) => others.includes(find(program, word) ?? command));
  const hyphen = command.registeredArguments.length > 0;
  const hints = [
    ...(isBefore ? ["The options of a command follow its name."] : []),
    ...(hyphen ? ["A text or an id that begins with a hyphen goes after all options and --."] : []),
    seeHelp(command),
  ];
  return { message: `error: unknown option ${option}.${more}`, hint: hints.join(" ") };
}

function excessArguments(
  program: Command,
  command: Command,
  given: readonly string[],
): UsageProblem {
  const wanted = command.registeredArguments.map((one) => `<${one.name()}>`);
  const excess = given.slice(wanted.length);
  const words = excess.map((word) => `"${word}"`).join(", ");
  const other = excess.map((word) => find(program, word)).find((one) => one !== undefined);
  const isOther = other ? `, which is a command of its own: ${PROGRAM} ${other.name()}` : "";
  const takes =
    wanted.length === 0
      ? `takes no arguments, and was given ${words}`
      : `takes ${wanted.join(" ")} and no more, and was given ${words} too`;
  return {
    message: `error: ${pathOf(command)} ${takes}${isOther}.`,
    hint: seeHelp(command),
  };
}

function didYouMean(name: string | undefined): string {
  return name === undefined ? "" : ` Did you mean ${name}?`;
}

/** Settings are options of every command, listed in the program's help. */
function seeHelp(command: Command): string {
  if (command.name() === DEFAULT) return `See ${PROGRAM} --help and ${PROGRAM} ${DEFAULT} --help.`;
  return `See ${[PROGRAM, ...pathsOf(command)].join(" ")} --help.`;
}

function find(group: Command, name: string | undefined): Command | undefined {
  return group.commands.find((one) => one.name() === name);
}

function optionsOf(command: Command): string[] {
  return command.options.flatMap(({ long }) => long ?? []);
}

function leavesOf(command: Command): Command[] {
  return command.commands.length === 0 ? [command] : command.commands.flatMap(leavesOf);
}

/** Its path without the program's name. */
function pathsOf(command: Command): string[] {
  return command.parent ? [...pathsOf(command.parent), command.name()] : [];
}

function pathOf(command: Command): string {
  return pathsOf(command).join(" ");
}

function inFull(group: Command, name: string): string {
  return [...pathsOf(group), name].join(" ");
}
