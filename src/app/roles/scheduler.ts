import { createRunner, type RunResult } from "../../backfill/runner.ts";
import type { Config } from "../../config/config.ts";
import type { StopSignals } from "../../ports/stop-signals.ts";
import type { Service } from "../service.ts";
import { leaderTopic, workerGroup } from "../parts/topics.ts";

/** What wakes on schedule: a cycle or a drain of its own, or references for workers. */
export type Scheduler = {
  runner(nextRun: () => Date | undefined): (stop: StopSignals) => Promise<RunResult>;
  /** What goes on between the runs. */
  beside(stop: StopSignals): Promise<void>;
};

export async function openScheduler(service: Service, config: Config): Promise<Scheduler> {
  const backfill = await service.backfill();
  const { drain, mode } = config.backfill;
  const kafka = await service.kafka();
  if (mode === "direct" || !kafka || !config.kafka) {
    return {
      runner: (nextRun) => createRunner(backfill, { drain, nextRun }),
      beside: () => Promise.resolve(),
    };
  }
  const [{ createLeadership }, { createLeases, runPublish }] = await Promise.all([
    import("../../stream/leader-election.ts"),
    import("../../backfill/publish.ts"),
  ]);
  const { clock, events } = service;
  const { backfillTopic: topic } = config.kafka;
  const { group } = workerGroup(config.kafka);
  const { source } = kafka;
  const leadership = createLeadership({
    source,
    topic: leaderTopic(config.kafka),
    clock,
    events,
  });
  const deps = {
    ...backfill,
    ...kafka,
    leads: leadership.leads,
    leases: createLeases(clock),
    settings: { levels: config.logs.levels, topic, group },
  };
  return {
    runner: (nextRun) =>
      createRunner(backfill, {
        drain: false,
        nextRun,
        async runOnce(cycle, stop) {
          await leadership.decided(stop.requested);
          return runPublish(deps, cycle, stop);
        },
      }),
    beside: (stop) => leadership.run(stop.requested),
  };
}
