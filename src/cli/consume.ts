import { runConsumer } from "../app/roles/consumer.ts";
import { watchSignals } from "../app/shutdown.ts";
import type { ConsumerRole } from "../ports/consumer-events.ts";
import { openCommand, type Context } from "./context.ts";
import { EXIT, type ExitCode } from "./exit-code.ts";

/** Runs only the tail, or a worker, until it is stopped. */
export async function consume(role: ConsumerRole, context: Context): Promise<ExitCode> {
  await using command = await openCommand(context, {
    needsEmbedder: true,
    needsKafka: true,
    answerOnStdout: false,
    logsToFile: true,
    lasting: true,
  });
  const { service, config } = command;
  const { events } = service;
  using stop = watchSignals(context.process, (signal) => events.stopping({ signal }));
  await runConsumer(role, service, config, stop);
  events.stopped();
  return EXIT.ok;
}
