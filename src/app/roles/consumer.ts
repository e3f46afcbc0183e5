import type { Config } from "../../config/config.ts";
import type { ConsumerRole } from "../../ports/consumer-events.ts";
import type { StopSignals } from "../../ports/stop-signals.ts";
import { runWithHeartbeat } from "../../status/heartbeat.ts";
import type { Service } from "../service.ts";
import { awaitModel } from "./await-model.ts";
import { startBackgroundServices } from "./background.ts";

/** The tail, or a worker, alone and until a stop is requested. */
export async function runConsumer(
  role: ConsumerRole,
  service: Service,
  config: Config,
  stop: StopSignals,
): Promise<void> {
  if (!(await awaitModel(service, role, stop))) return;
  const { state, clock, processes, memory } = service;
  const consumer = await service.consumer(role);
  const beside = () => ({ consumed: consumer.tally() });
  const serving = {
    role,
    consumer: { role, tally: consumer.tally, waiting: consumer.waiting },
    // On one machine with the daemon the port is the daemon's.
    optional: true,
  };
  await using _beside = await startBackgroundServices(service, config, serving, stop);
  await runWithHeartbeat({ role, state, clock, processes, memory, beside }, stop, () =>
    consumer.run(stop),
  );
}
