import type { GroupsQuery } from "../analysis/list-groups.ts";
import type { Groups } from "../analysis/groups.ts";
import type { GroupsAnswer } from "../analysis/group-answers.ts";
import type { Group, GroupState } from "../domain/memory/group.ts";
import { openCommand, type Context } from "./context.ts";
import { EXIT, type ExitCode } from "./exit-code.ts";
import { osUser } from "./note.ts";
import { printJson, printLine } from "./print.ts";
import { printGroup, printGroups } from "./print-groups.ts";
import { runToEnd } from "./run-to-end.ts";

export type GroupsOptions = GroupsQuery & { json?: boolean };

/** Lists errors by the groups in the stamps of their records. Nothing is embedded. */
export async function groupsList(
  { json = false, ...query }: GroupsOptions,
  context: Context,
): Promise<ExitCode> {
  await using command = await openCommand(context, { needsEmbedder: false, answerOnStdout: true });
  const { service } = command;
  return await runToEnd(context, service.events, async (stop) => {
    const answer = await (await service.errorGroups()).list(query, stop.requested);
    const { stdout } = context.process;
    if (json) printJson(stdout, answer);
    else printGroups(stdout, answer, query);
    return isWhole(answer) ? EXIT.ok : EXIT.incomplete;
  });
}

/** Shows one group. */
export async function groupsShow(
  group: string,
  { json = false }: { json?: boolean },
  context: Context,
): Promise<ExitCode> {
  await using command = await openCommand(context, { needsEmbedder: false, answerOnStdout: true });
  const { service } = command;
  return await runToEnd(context, service.events, async (stop) => {
    const answer = await (await service.errorGroups()).show(group, stop.requested);
    const { stdout } = context.process;
    if (json) printJson(stdout, answer);
    else printGroup(stdout, answer);
    return isWhole(answer) ? EXIT.ok : EXIT.incomplete;
  });
}

function isWhole({ gaps, memory }: Pick<GroupsAnswer, "gaps" | "memory">): boolean {
  return gaps.length + memory.problems.length === 0;
}

export type DecisionOptions = { by?: string; json?: boolean };

/** Says of an error that it is known, muted, resolved, or open again. */
export async function groupsState(
  group: string,
  { state, until, ...options }: DecisionOptions & { state: GroupState; until?: number },
  context: Context,
): Promise<ExitCode> {
  return decide(context, options, {
    work: (groups, by, signal) => groups.setState({ group, state, until, by }, signal),
    said: (now) => {
      const end = now.muted_until === null ? "" : ` until ${now.muted_until}`;
      const merged = now.group === group ? "" : `, which ${group} is merged into,`;
      return `Group ${now.group}${merged} is ${now.state}${end}.`;
    },
  });
}

/** Counts an error as part of another one from now on. */
export async function groupsMerge(
  group: string,
  into: string,
  options: DecisionOptions,
  context: Context,
): Promise<ExitCode> {
  return decide(context, options, {
    work: (groups, by, signal) => groups.merge({ group, into, by }, signal),
    said: () => `Group ${group} counts as part of ${into}.`,
  });
}

/** Takes an error out of the one that it was merged into, or says that it is not alike `from`. */
export async function groupsSplit(
  group: string,
  { from, ...options }: DecisionOptions & { from?: string },
  context: Context,
): Promise<ExitCode> {
  return decide(context, options, {
    work: (groups, by, signal) => groups.split({ group, from, by }, signal),
    said: () =>
      from === undefined
        ? `Group ${group} counts by itself.`
        : `Groups ${group} and ${from} are not taken for alike again.`,
  });
}

async function decide(
  context: Context,
  { by = osUser(), json = false }: DecisionOptions,
  {
    work,
    said,
  }: {
    work: (groups: Groups, by: string, signal: AbortSignal) => Promise<Group>;
    said: (now: Group) => string;
  },
): Promise<ExitCode> {
  await using command = await openCommand(context, { needsEmbedder: false, answerOnStdout: true });
  const { service } = command;
  return await runToEnd(context, service.events, async (stop) => {
    const group = await work(await service.errorGroups(), by, stop.requested);
    const { stdout } = context.process;
    if (json) printJson(stdout, group);
    else printLine(stdout, said(group));
    return EXIT.ok;
  });
}
