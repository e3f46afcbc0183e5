import { unnamedHashing } from "../../domain/other-models.ts";
import { Fault } from "../../domain/faults.ts";
import type { StopSignals } from "../../ports/stop-signals.ts";
import { runWithHeartbeat, type Role } from "../../status/heartbeat.ts";
import type { Service } from "../service.ts";

const FIRST_WAIT_MS = 1000;
const LONGEST_WAIT_MS = 30_000;

type Parts = Pick<Service, "inForce" | "events" | "state" | "clock" | "processes" | "memory">;

/**
 * Waits until it is known which model makes the vectors, which at a first start only the store can tell; nothing is
 * embedded before. False where a stop was requested first.
 */
export async function awaitModel(service: Parts, role: Role, stop: StopSignals): Promise<boolean> {
  if ((await tryModel(service, FIRST_WAIT_MS)) === "known") return !stop.requested.aborted;
  const known = new AbortController();
  const requested = AbortSignal.any([stop.requested, known.signal]);
  await runWithHeartbeat({ ...service, role }, { ...stop, requested }, async () => {
    for (
      let waitMs = FIRST_WAIT_MS;
      !requested.aborted;
      waitMs = Math.min(LONGEST_WAIT_MS, waitMs * 2)
    ) {
      await service.clock.sleep(waitMs, requested);
      if (!requested.aborted && (await tryModel(service)) === "known") known.abort();
    }
  });
  return !stop.requested.aborted;
}

/** `waitMs`: a failure is logged, with the time until the next try. */
async function tryModel(service: Parts, waitMs?: number): Promise<"known" | "unknown"> {
  try {
    await reportModel(service);
    return "known";
  } catch (error) {
    if (!(error instanceof Fault)) throw error;
    if (waitMs !== undefined) service.events.modelUnknown({ fault: error, waitMs });
    return "unknown";
  }
}

/** Says in the log where hashing makes the vectors though no setting names it. Throws a Fault. */
export async function reportModel({
  inForce,
  events,
}: Pick<Service, "inForce" | "events">): Promise<void> {
  const unnamed = unnamedHashing(await inForce());
  if (unnamed) events.defaultModelUnused(unnamed);
}
