import type { Config } from "../../config/config.ts";
import type { Consuming } from "../../ports/consuming-events.ts";
import type { StopSignals } from "../../ports/stop-signals.ts";
import { runWithHeartbeat } from "../../status/heartbeat.ts";
import type { Service } from "../service.ts";
import { startBackgroundServices } from "./background.ts";

/** The tail, or a worker, alone and until a stop is requested. */
export async function runConsumer(
  who: Consuming,
  service: Service,
  config: Config,
  stop: StopSignals,
): Promise<void> {
  const { state, clock, processes, memory } = service;
  const consumer = await service.consumer(who);
  const beside = () => ({ consumed: consumer.tally() });
  const serving = {
    role: who,
    consumer: { who, tally: consumer.tally, waiting: consumer.waiting },
    // On one machine with the daemon the port is the daemon's.
    optional: true,
  };
  await using _beside = await startBackgroundServices(service, config, serving, stop);
  await runWithHeartbeat({ role: who, state, clock, processes, memory, beside }, stop, () =>
    consumer.run(stop),
  );
}
