import { isHealthy } from "../status/process-health.ts";
import { openCommand, type Context } from "./context.ts";
import { processLines } from "./daemon-line.ts";
import { EXIT, type ExitCode } from "./exit-code.ts";
import { printJson, printLine } from "./print.ts";

/** Whether the processes of this state directory are alive; for a container's HEALTHCHECK. Contacts nothing. */
export async function health(options: { json?: boolean }, context: Context): Promise<ExitCode> {
  await using command = await openCommand(context, { needsEmbedder: false, answerOnStdout: true });
  const all = await command.service.processHealth();
  const healthy = isHealthy(all);
  const { stdout } = context.process;
  if (options.json) {
    const processes = all.map(({ state, entry }) => ({ ...entry, state }));
    printJson(stdout, { healthy, processes });
  } else {
    printLine(stdout, processLines(all));
  }
  return healthy ? EXIT.ok : EXIT.incomplete;
}
