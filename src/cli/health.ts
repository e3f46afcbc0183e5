import { z } from "zod";
import { processEntryShape } from "../status/heartbeat.ts";
import { isHealthy, PROCESS_STATES } from "../status/process-health.ts";
import { openCommand, type Context } from "./context.ts";
import { processLines } from "./daemon-line.ts";
import { EXIT, type ExitCode } from "./exit-code.ts";
import { printJson, printLine } from "./print.ts";

/** What `health --json` prints. */
export const healthAnswerShape = z.object({
  healthy: z.boolean().describe("One runs, and none is known to have died or to hang."),
  processes: z
    .array(processEntryShape.extend({ state: z.enum(PROCESS_STATES) }))
    .describe("Every process of this state directory; further fields say what it did last."),
});

/** Whether the processes of this state directory are alive; for a container's HEALTHCHECK. Contacts nothing. */
export async function health(options: { json?: boolean }, context: Context): Promise<ExitCode> {
  await using command = await openCommand(context, { needsEmbedder: false, answerOnStdout: true });
  const all = await command.service.processHealth();
  const healthy = isHealthy(all);
  const { stdout } = context.process;
  if (options.json) {
    const processes = all.map(({ state, entry }) => ({ ...entry, state }));
    printJson(stdout, { healthy, processes } satisfies z.infer<typeof healthAnswerShape>);
  } else {
    printLine(stdout, processLines(all));
  }
  return healthy ? EXIT.ok : EXIT.incomplete;
}
