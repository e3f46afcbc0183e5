import type { SweepDeps } from "../../backfill/sweep.ts";
import type { Config } from "../../config/config.ts";
import { openSweepState, type SweepState } from "../../pipeline/sweep-state.ts";
import type { StopSignals } from "../../ports/stop-signals.ts";
import type { Service } from "../service.ts";

/** What a sweep is made of; a dry run needs no embedder. */
export async function openSweep(
  service: Service,
  { dryRun }: { dryRun: boolean },
): Promise<{ deps: SweepDeps; sweepState: SweepState }> {
  const { clock, state, processes, toText } = service;
  const [inForce, store, signer, pricing] = await Promise.all([
    service.inForce(),
    service.store(),
    service.signer(),
    service.pricing(),
  ]);
  const look = { store, signer, toText, inForce, pricing, clock };
  return {
    deps: dryRun ? look : { ...look, backfill: await service.backfill() },
    sweepState: openSweepState({ state, processes, clock }),
  };
}

/** Runs sweeps on schedule until a stop is requested; undefined where the settings want none. */
export async function openNightlySweeps(
  service: Service,
  { sweep }: Pick<Config, "sweep">,
  process: { leads(): boolean; isBusy(): boolean },
): Promise<((stop: StopSignals) => Promise<void>) | undefined> {
  if (!sweep) return undefined;
  const [{ cronSchedule }, { runNightlySweeps }] = await Promise.all([
    import("../../backfill/schedule.ts"),
    import("../../backfill/nightly-sweep.ts"),
  ]);
  const { clock, events } = service;
  const { deps, sweepState } = await openSweep(service, { dryRun: false });
  const { key, textVersion } = await service.signer();
  const { windowMs } = sweep;
  const { model, dimensions } = deps.inForce;
  const basis = JSON.stringify([key, textVersion, model, dimensions, windowMs]);
  const schedule = cronSchedule(sweep.schedule, clock);
  const parts = { sweep: deps, sweepState, schedule, clock, events, basis, windowMs };
  return (stop) => runNightlySweeps({ ...parts, ...process }, stop);
}
