import { runWithHeart } from "../heart.ts";
import { watchSignals } from "../lifecycle.ts";
import type { Consuming } from "../ports.ts";
import { openCommand, type Context } from "./context.ts";
import { EXIT, type ExitCode } from "./exit-code.ts";

/** The tail, or a worker, alone and until it is stopped. */
export async function consume(who: Consuming, context: Context): Promise<ExitCode> {
  await using command = await openCommand(context, {
    needsEmbedder: true,
    needsKafka: true,
    answerOnStdout: false,
    logsToFile: true,
  });
  const { service } = command;
  const { events, state, clock } = service;
  using stop = watchSignals(context.process, (signal) => events.stopping({ signal }));
  const consumer = await service.consumer(who);
  const { pid } = context.process;
  const beside = () => ({ consumed: consumer.tally() });
  await runWithHeart({ role: who, state, clock, pid, beside }, stop, () => consumer.run(stop));
  events.stopped();
  return EXIT.ok;
}
