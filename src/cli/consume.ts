import { runWithHeart } from "../status/heartbeat.ts";
import { watchSignals } from "../app/shutdown.ts";
import type { ConsumerRole } from "../ports/consumer-events.ts";
import { openBeside } from "./beside.ts";
import { openCommand, type Context } from "./context.ts";
import { EXIT, type ExitCode } from "./exit-code.ts";

/** The tail, or a worker, alone and until it is stopped. */
export async function consume(role: ConsumerRole, context: Context): Promise<ExitCode> {
  await using command = await openCommand(context, {
    needsEmbedder: true,
    needsKafka: true,
    answerOnStdout: false,
    logsToFile: true,
    lasting: true,
  });
  const { service, config } = command;
  const { events, state, clock, processes, memory } = service;
  using stop = watchSignals(context.process, (signal) => events.stopping({ signal }));
  const consumer = await service.consumer(role);
  const beside = () => ({ consumed: consumer.tally() });
  const serving = {
    role,
    consumer: { role, tally: consumer.tally, waiting: consumer.waiting },
    // On one machine with the daemon the port is the daemon's.
    optional: true,
  };
  await using _beside = await openBeside(service, config, serving, stop);
  await runWithHeart({ role, state, clock, processes, memory, beside }, stop, () =>
    consumer.run(stop),
  );
  events.stopped();
  return EXIT.ok;
}
