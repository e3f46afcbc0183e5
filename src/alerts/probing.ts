import { createAlarms } from "../alarm.ts";
import type { CallRecord } from "../inspection/call-record.ts";
import type { Clock } from "../ports/clock.ts";
import type { Events } from "../ports/events.ts";

/** Asks whether dependencies answer, for as long as no work would notice. */
export type Probing = {
  /** Until the signal aborts; one probe at a time. Never throws. */
  run(signal: AbortSignal): Promise<void>;
  /** Calls of the work have begun to fail: asks soon whether it is one call or all of them. */
  wake(): void;
};

type ProbingDeps = {
  /** Asks each dependency, by calls that cost nothing and end within seconds. */
  ask(signal: AbortSignal): Promise<unknown>;
  records: readonly Pick<CallRecord, "outage" | "isUnconfirmed">[];
  clock: Clock;
  events: Pick<Events, "failedInBackground">;
};

const WELL_MS = 60_000;
const FAILING_MS = 10_000;
/** To a second answer, without which the first may be luck; and never sooner than this, whatever wakes it. */
const CONFIRM_MS = 2000;

export function createProbing({ ask, records, clock, events }: ProbingDeps): Probing {
  const bell = createAlarms(clock);
  let woken = false;
  return {
    wake() {
      woken = true;
      bell.ring();
    },
    async run(signal) {
      while (!signal.aborted) {
        woken = false;
        await ask(signal).catch((error: unknown) =>
          events.failedInBackground({ what: "alerts", error }),
        );
        await clock.sleep(CONFIRM_MS, signal);
        if (!woken) await bell.sleep(probeAfterMs(records) - CONFIRM_MS, signal);
      }
    },
  };
}

/** From one probe to the next. */
function probeAfterMs(records: ProbingDeps["records"]): number {
  if (records.some((record) => record.isUnconfirmed())) return CONFIRM_MS;
  return records.some((record) => record.outage()) ? FAILING_MS : WELL_MS;
}
