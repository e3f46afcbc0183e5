import { Fault } from "../domain/faults.ts";
import type { Clock } from "../ports/clock.ts";
import type { ConsumerRole } from "../ports/consumer-events.ts";
import type { Events } from "../ports/events.ts";
import type { Deliveries } from "./deliveries.ts";
import type { Checkpoints } from "./checkpoints.ts";

const COMMIT_EVERY_MS = 1000;

type Deps = {
  role: ConsumerRole;
  watermark: Checkpoints;
  deliveries: Pick<Deliveries, "commit">;
  clock: Clock;
  events: Pick<Events, "commitFailed" | "failedUnexpectedly">;
};

/** Commits the checkpoints to the broker. Never throws: an uncommitted message is only delivered again. */
export type Commits = {
  now(): Promise<void>;
  /** Every second until the signal aborts. */
  runPeriodically(signal: AbortSignal): Promise<void>;
};

export function createCommits(
  { role, watermark, deliveries, clock, events }: Deps,
  everything: AbortSignal,
): Commits {
  let fails = false;
  const now = async () => {
    const positions = watermark.uncommitted();
    if (positions.length === 0) return;
    try {
      if (!(await deliveries.commit(positions, everything))) return;
      watermark.committed(positions);
      fails = false;
    } catch (error) {
      if (!(error instanceof Fault)) events.failedUnexpectedly({ role, error });
      else if (!fails) events.commitFailed({ role, fault: error });
      fails = true;
    }
  };
  return {
    now,
    async runPeriodically(signal) {
      while (!signal.aborted) {
        await clock.sleep(COMMIT_EVERY_MS, signal);
        if (!signal.aborted) await now();
      }
    },
  };
}
