import type { Config } from "../../config/config.ts";
import { createDaemon } from "../../backfill/daemon.ts";
import { staggerSchedule } from "../../backfill/schedule.ts";
import type { StopSignals } from "../../ports/stop-signals.ts";
import { runWithHeartbeat } from "../../status/heartbeat.ts";
import { reportOtherVectors } from "../other-vectors.ts";
import type { Service } from "../service.ts";
import { awaitModel } from "./await-model.ts";
import { VERSION } from "../version.ts";
import { openNightlySweeps } from "../parts/sweep.ts";
import { startBackgroundServices } from "./background.ts";
import { createRunner, type RunResult } from "../../backfill/runner.ts";

/** Cycles on schedule, and the tail where Kafka is set, until a stop is requested. */
export async function runDaemon(
  service: Service,
  config: Config,
  stop: StopSignals,
): Promise<void> {
  if (!(await awaitModel(service, "daemon", stop))) return;
  const { events, clock, state, processes, memory } = service;
  const [common, embedder, scheduler] = await Promise.all([
    service.schedule(),
    service.embedder(),
    openScheduler(service, config),
  ]);
  const schedule = staggerSchedule({ schedule: common, clock, events });
  const tail = config.kafka ? await service.consumer("tail") : undefined;
  const { drain, mode } = config.backfill;
  const how = mode === "kafka" ? ", for workers" : drain ? ", draining" : "";
  const onWake = scheduler.runner(() => schedule.next());
  let isTold = false;
  const runAndNote = async (signals: StopSignals) => {
    // Before the first cycle pays for anything; where OpenSearch does not answer, before a later one.
    isTold ||= (await reportOtherVectors(service, signals.everything)) !== undefined;
    const result = await onWake(signals);
    if ("summary" in result) schedule.ended(result.summary);
    return result;
  };
  const beside = () => (tail ? { consumed: tail.tally() } : {});
  let save: Save = () => Promise.resolve();
  const daemon = createDaemon(
    { run: runAndNote, schedule, clock, events, save: (changes) => save(changes) },
    stop,
  );
  await using _beside = await startBackgroundServices(
    service,
    config,
    {
      role: "daemon",
      cycles: {
        start: daemon.startCycle,
        next: () => schedule.next(),
        longestGapMs: () => schedule.longestGapMs(),
        batchSize: config.backfill.batchSize,
      },
      consumer: tail && { role: "tail", tally: tail.tally, waiting: tail.waiting },
      optional: false,
    },
    stop,
  );
  const { leads } = scheduler;
  const sweeps = await openNightlySweeps(service, config, { leads, isBusy: daemon.isRunning });
  events.started({
    version: VERSION,
    schedule: `${schedule.description}${how}`,
    indexPattern: config.logs.indexPattern,
    embedder: `${embedder.name} (${embedder.model}, ${embedder.dimensions})`,
  });
  await runWithHeartbeat(
    { role: "daemon", state, clock, processes, memory, beside },
    stop,
    async (saveBeside) => {
      save = saveBeside;
      await Promise.all([daemon.run(), scheduler.beside(stop), tail?.run(stop), sweeps?.(stop)]);
    },
  );
}

type Save = (changes: Record<string, unknown>) => Promise<void>;

/** What wakes on schedule: a cycle or a drain of its own, or references for workers. */
type Scheduler = {
  runner(nextRun: () => Date | undefined): (stop: StopSignals) => Promise<RunResult>;
  /** What goes on between the runs. */
  beside(stop: StopSignals): Promise<void>;
  /** Of several schedulers one leads; without workers each goes by itself. */
  leads(): boolean;
};

async function openScheduler(service: Service, config: Config): Promise<Scheduler> {
  const backfill = await service.backfill();
  const { drain, mode } = config.backfill;
  const streams = await service.streams();
  if (mode === "direct" || !streams) {
    return {
      runner: (nextRun) => createRunner(backfill, { drain, nextRun }),
      beside: () => Promise.resolve(),
      leads: () => true,
    };
  }
  const [{ createLeadership }, { createLeases, runPublish }] = await Promise.all([
    import("../../stream/leader-election.ts"),
    import("../../backfill/publish.ts"),
  ]);
  const { clock, events } = service;
  const { workQueue: queue, election } = streams;
  const leadership = createLeadership({ election, clock, events });
  const deps = {
    ...backfill,
    queue,
    leads: leadership.leads,
    leases: createLeases(clock),
    settings: { levels: config.logs.levels },
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
    leads: leadership.leads,
  };
}
