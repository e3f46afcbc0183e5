import { ROLES } from "../heart.ts";
import { openCommand, type Context } from "./context.ts";
import { daemonHealth } from "./daemon-line.ts";
import { EXIT, type ExitCode } from "./exit-code.ts";
import { printLine } from "./print.ts";

/** Whether the daemon of this state directory lives; for a container's HEALTHCHECK. Contacts nothing. */
export async function health(context: Context): Promise<ExitCode> {
  await using command = await openCommand(context, { needsEmbedder: false, answerOnStdout: true });
  const { state, clock } = command.service;
  const [daemon, tail, worker] = await Promise.all(ROLES.map((role) => state.load(role)));
  const { alive, line } = daemonHealth({ daemon, tail, worker }, clock.now());
  printLine(context.process.stdout, line);
  return alive ? EXIT.ok : EXIT.incomplete;
}
