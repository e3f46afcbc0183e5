import type { GroupsQuery } from "../analysis/list-groups.ts";
import { openCommand, type Context } from "./context.ts";
import { EXIT, type ExitCode } from "./exit-code.ts";
import { printJson } from "./print.ts";
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
    return answer.gaps.length === 0 ? EXIT.ok : EXIT.incomplete;
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
    return answer.gaps.length === 0 ? EXIT.ok : EXIT.incomplete;
  });
}
